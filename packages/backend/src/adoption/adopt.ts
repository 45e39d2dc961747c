import type { Kysely } from "kysely";
import type { AuditParts } from "../audit/audit-parts.js";
import { lookAgain } from "../audit/faults.js";
import { repairFault } from "../audit/repair.js";
import { tellingReader, Unreadable } from "../audit/unreadable.js";
import type { Schema } from "../database/schema.js";
import { collectionsOf } from "../records/collections.js";
import { Leaving, oneAtATime } from "../records/one-at-a-time.js";
import { wishGoneAsFound } from "../records/second-look.js";
import { demandValid, InvalidRecord } from "../records/valid-content.js";
import { recordUri } from "../records/write-state.js";
import { compareRepository, type Difference, type OwnRecord } from "../repository/compare.js";
import type { RepositoryRecord } from "../repository/repository.js";
import { NotAdoptable } from "./adopting.js";
import type { Adoption } from "./adoption.js";
import { confirmAsFound } from "./confirmed-row.js";
import { isOvertaken } from "./open-wish.js";

export interface AdoptionParts extends AuditParts {
  /** Under which others find the service. */
  readonly publicUrl: string;
}

/**
 * Brings this database up to what people's repositories say, after it was restored from an older copy: what was written,
 * changed or taken away there since then is so here, too. Nothing is written to a PDS, but what was open when the copy was
 * made is carried out, where the repository has not gone on from it.
 *
 * Tracks come first, everybody's: likes and lists refer to those of others.
 *
 * @param did undefined: everybody
 * @yields what became of each record that differed
 */
export async function* adopt(
  parts: AdoptionParts,
  did: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Adoption> {
  const { track, profile, list, like, comment } = collectionsOf(parts.namespace);
  const adopter = new Adopter(parts, signal);
  for (const collections of [
    [track, profile],
    [list, like, comment],
  ]) {
    const people = did === undefined ? await everybody(parts.db) : [did];
    for (const each of people) {
      signal.throwIfAborted();
      yield* adopter.person(each, collections);
    }
  }
}

async function everybody(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db.selectFrom("people").select("did").orderBy("did").execute();
  return rows.map(({ did }) => did);
}

class Adopter {
  readonly #parts: AdoptionParts;
  readonly #signal: AbortSignal;
  /** Whose repository is left alone from then on: it can't be read, or its owner leaves. */
  readonly #unread = new Set<string>();

  constructor(parts: AdoptionParts, signal: AbortSignal) {
    this.#parts = { ...parts, reader: tellingReader(parts.reader) };
    this.#signal = signal;
  }

  async *person(did: string, collections: readonly string[]): AsyncGenerator<Adoption> {
    if (this.#unread.has(did)) return;
    try {
      const home = await this.#homeOf(did);
      for await (const difference of compareRepository(this.#parts, did, collections, this.#signal)) {
        const found = await this.#take(did, home, difference);
        if (found !== null) yield found;
      }
    } catch (error) {
      if (!(error instanceof Unreadable || error instanceof Leaving)) throw error;
      this.#unread.add(did);
      const outcome = error instanceof Leaving ? "left" : "not read";
      yield { did, outcome, uri: null, why: error.message };
    }
  }

  async #homeOf(did: string): Promise<string> {
    return this.#parts.homes.homeOf(did, this.#signal).catch((error: unknown) => {
      this.#signal.throwIfAborted();
      throw new Unreadable(error);
    });
  }

  async #take(did: string, home: string, difference: Difference): Promise<Adoption | null> {
    switch (difference.kind) {
      case "as wished":
        return null;
      case "foreign":
        return this.#adopt(did, home, difference.record, undefined);
      case "changed":
      case "orphan":
        return this.#adopt(did, home, difference.record, difference.own);
      case "gone":
        return this.#letGo(difference.own);
      case "unsettled":
        return this.#catchUp(home, difference.own);
    }
  }

  /** What was open when the database was copied. */
  async #catchUp(home: string, own: OwnRecord): Promise<Adoption | null> {
    const there = await this.#parts.reader.readRecord(own, this.#signal);
    if (!(await isOvertaken(this.#parts.db, own, there))) return null;
    if (there !== null) return this.#adopt(own.did, home, there, own);
    const { outbox, keepers } = this.#parts;
    await outbox.transact(async (tx, schedule) => {
      await oneAtATime(tx, own.did);
      await wishGoneAsFound(tx, own.id);
      await keepers(own.collection).letGo(tx, schedule, own);
    });
    return { did: own.did, outcome: "gone", uri: recordUri(own), why: null };
  }

  async #letGo(own: OwnRecord): Promise<Adoption | null> {
    const fault = await lookAgain(this.#parts, own, this.#signal);
    if (fault?.kind !== "missing") return null;
    if (!(await repairFault(this.#parts, { kind: "missing", own }))) return null;
    return { did: own.did, outcome: "gone", uri: recordUri(own), why: null };
  }

  async #adopt(
    did: string,
    home: string,
    record: RepositoryRecord,
    own: OwnRecord | undefined,
  ): Promise<Adoption | null> {
    const { outbox, keepers, namespace, publicUrl } = this.#parts;
    const { collection, rkey, value } = record;
    const uri = recordUri({ did, collection, rkey });
    const outcome = own === undefined ? "adopted" : "followed";
    try {
      demandValid(collection, value);
      const taken = await outbox.transact(async (tx, schedule) => {
        await oneAtATime(tx, did);
        const id = await confirmAsFound(tx, did, record, own);
        if (id === null) return false;
        const context = { tx, schedule, namespace, publicUrl, home };
        await keepers(collection).adopt(context, { id, did, collection, rkey, value });
        return true;
      });
      return taken ? { did, outcome, uri, why: null } : null;
    } catch (error) {
      if (error instanceof NotAdoptable || error instanceof InvalidRecord) {
        return { did, outcome: "left", uri, why: error.message };
      }
      throw error;
    }
  }
}
