import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { collectionsOf } from "../records/collections.js";
import { recordUri } from "../records/write-state.js";
import { compareRepository, ownCollections, type OwnRecord } from "../repository/compare.js";
import type { AuditParts } from "./audit-parts.js";
import { doubtful, lookAgain, type Repairable } from "./faults.js";
import type { Finding } from "./finding.js";
import { openWishes } from "./open-wishes.js";
import { repairFault, repairStuck, repairUnclaimed } from "./repair.js";
import { tellingReader, Unreadable } from "./unreadable.js";

export interface AuditOptions {
  /** Undefined: everybody. */
  readonly did?: string | undefined;
  /** Whether faults are put right: as wishes, which are carried out like any other. */
  readonly repair: boolean;
}

const WORDS: Readonly<Record<Repairable["kind"], string>> = {
  missing: "its owner has removed it, so what it stood for is to go here too",
  different: "it says something else than was written; to be written again",
  orphan: "it was made here, and must not be there any more",
};

/**
 * Holds people's repositories against what the database says of them, one person after the other. Of each it keeps in
 * memory what we know of one collection, and what is not carried out yet; never the repository.
 *
 * @yields every finding; nothing for what is as it should be
 */
export async function* audit(
  parts: AuditParts,
  { did, repair }: AuditOptions,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const one = new Auditor(parts, repair, signal);
  for await (const each of did === undefined ? everybody(parts.db) : [did]) {
    signal.throwIfAborted();
    yield* one.person(each);
  }
}

const PAGE = 500;

async function* everybody(db: Kysely<Schema>): AsyncGenerator<string> {
  for (let last = ""; ;) {
    const page = await db
      .selectFrom("people")
      .select("did")
      .where("did", ">", last)
      .orderBy("did")
      .limit(PAGE)
      .execute();
    for (const { did } of page) yield did;
    if (page.length < PAGE) return;
    last = page.at(-1)?.did ?? last;
  }
}

class Auditor {
  readonly #parts: AuditParts;
  readonly #repair: boolean;
  readonly #signal: AbortSignal;
  /** Why which host can't be read: its people don't each wait for it. */
  readonly #away = new Map<string, string>();

  constructor(parts: AuditParts, repair: boolean, signal: AbortSignal) {
    this.#parts = { ...parts, reader: tellingReader(parts.reader) };
    this.#repair = repair;
    this.#signal = signal;
  }

  async *person(did: string): AsyncGenerator<Finding> {
    const collections = new Set([
      ...Object.values({ ...collectionsOf(this.#parts.namespace) }),
      ...(await ownCollections(this.#parts.db, did)),
    ]);
    yield* this.#unconfirmed(did);
    for (const collection of collections) yield* this.#unclaimed(did, collection);
    let home = "";
    try {
      home = await this.#homeOf(did);
      yield* this.#repository(did, [...collections]);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      if (error.ofHost) this.#away.set(home, error.message);
      yield { did, kind: "not audited", uri: null, why: error.message, repair: "none" };
    }
  }

  async #homeOf(did: string): Promise<string> {
    const home = await this.#parts.homes.homeOf(did, this.#signal).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      throw new Unreadable(error);
    });
    const away = this.#away.get(home);
    if (away !== undefined) throw new Unreadable(new Error(away));
    return home;
  }

  async *#repository(did: string, collections: readonly string[]): AsyncGenerator<Finding> {
    for await (const difference of compareRepository(this.#parts, did, collections, this.#signal)) {
      if (difference.kind === "foreign") yield foreign(did, difference.record);
      if (difference.kind === "unsettled" && difference.own.state === "confirmed") {
        const why = "an earlier write without an answer could still arrive";
        yield { did, kind: "on its way", uri: recordUri(difference.own), why, repair: "none" };
      }
      const own = doubtful(difference);
      const fault = own && (await lookAgain(this.#parts, own, this.#signal));
      if (fault === null) continue;
      if (fault.kind === "foreign") yield foreign(did, fault.own);
      else yield* this.#fault({ kind: fault.kind, own: fault.own });
    }
  }

  async *#fault(fault: Repairable): AsyncGenerator<Finding> {
    const { kind, own } = fault;
    yield* this.#found({ did: own.did, kind, uri: recordUri(own), why: WORDS[kind] }, () =>
      repairFault(this.#parts, fault),
    );
  }

  async *#unconfirmed(did: string): AsyncGenerator<Finding> {
    for (const wish of await openWishes(this.#parts.db, did)) {
      const uri = recordUri(wish);
      if (wish.state === "failed") {
        yield { did, kind: "given up", uri, why: wish.reason ?? "without a reason", repair: "none" };
      } else if (wish.carried) {
        yield { did, kind: "on its way", uri, why: wish.reason ?? "being carried out", repair: "none" };
      } else {
        const why = "accepted, and nothing is carrying it out";
        yield* this.#found({ did, kind: "stuck", uri, why }, () => repairStuck(this.#parts, wish));
      }
    }
  }

  async *#unclaimed(did: string, collection: string): AsyncGenerator<Finding> {
    const { db, keepers } = this.#parts;
    for (const record of await keepers(collection).unclaimed(db, did, collection)) {
      const uri = recordUri({ ...record, collection });
      const found = record.another
        ? { did, kind: "duplicate" as const, uri, why: "another record of theirs is about the same" }
        : { did, kind: "orphan" as const, uri, why: "nothing here stands for it" };
      yield* this.#found(found, () => repairUnclaimed(this.#parts, collection, record));
    }
  }

  /** What can be put right, and is, if that is wished. Nothing when it has changed meanwhile. */
  async *#found(what: Omit<Finding, "repair">, repair: () => Promise<boolean>): AsyncGenerator<Finding> {
    if (!this.#repair) yield { ...what, repair: "needed" };
    else if (await repair()) yield { ...what, repair: "accepted" };
  }
}

function foreign(did: string, { collection, rkey }: Pick<OwnRecord, "collection" | "rkey">): Finding {
  const uri = recordUri({ did, collection, rkey });
  return { did, kind: "foreign", uri, why: "it was not made here", repair: "none" };
}
