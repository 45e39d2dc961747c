import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Intent } from "../outbox/intents.js";
import type { Outbox, Schedule } from "../outbox/outbox.js";
import { collectionsOf } from "../records/collections.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { countUnsettled, writeState, type WriteState } from "../records/write-state.js";
import type { TaskServices } from "../tasks/services.js";
import { waitingFamilies } from "./families.js";
import type { About, Action, WaitingFamily } from "./family.js";
import { TooLate, UnknownWrite } from "./refusals.js";
import { currentWrite, openIntentsOf, waitingRecord, waitingRecords } from "./waiting-records.js";

/** A write that is not on its owner's PDS yet, as they see it. */
export interface WaitingWrite {
  readonly id: string;
  /** As in `like`; `record`: of no kind that is told apart. */
  readonly kind: string;
  readonly action: Action;
  readonly track: About["track"];
  readonly text: string | null;
  /** Since when it is asked for, ISO 8601. */
  readonly asked: string;
  readonly write: WriteState;
}

export interface WaitingList {
  /** All of them, listed or not. */
  readonly count: number;
  /** How many of the listed are of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** How many of the listed go on only when their owner signs in. */
  readonly needSignIn: number;
  /** The oldest first, 200 at most. */
  readonly writes: readonly WaitingWrite[];
}

export interface WaitingWrites {
  of(did: string): Promise<WaitingList>;
  /**
   * Cancels a write: what a person sees and what is wished go back to what their PDS has. What may have left for the PDS
   * is made good there, so that it still agrees.
   *
   * @throws {UnknownWrite} {TooLate}
   */
  cancel(did: string, id: string): Promise<void>;
  /** Cancels all that can be, 1,000 at most. @returns how many were, and how many writes are left to go on */
  cancelAll(did: string): Promise<{ cancelled: number; left: number }>;
}

export interface WaitingParts {
  readonly db: Kysely<Schema>;
  readonly outbox: Outbox<TaskServices>;
  readonly namespace: string;
  /** Has put-off intents carried out soon; returns at once. */
  readonly hasten: (intents: readonly Intent[]) => void;
}

const LISTED = 200;
const MOST_CANCELLED = 1_000;
/** Cancelled in one transaction. */
const BATCH = 50;

/** What waits to be written to people's PDSs, for them to see and to cancel. */
export function openWaitingWrites(parts: WaitingParts): WaitingWrites {
  const { db, outbox, hasten } = parts;
  const collections = collectionsOf(parts.namespace);
  const familyOf = (collection: string): WaitingFamily | undefined =>
    waitingFamilies.find((family) => family.isOf(collection, collections));

  /** @returns the intents that waited for the record until now */
  async function cancelOne(
    tx: Transaction<Schema>,
    schedule: Schedule<TaskServices>,
    did: string,
    id: string,
  ): Promise<Intent[]> {
    const waiting = await waitingRecord(tx, did, id);
    if (waiting === undefined) throw new UnknownWrite();
    const family = familyOf(waiting.collection);
    if (family === undefined)
      throw new TooLate("This follows from other things that you did: it can't be cancelled");
    const earlier = await openIntentsOf(tx, id);
    await family.cancel({ tx, schedule, did, id, about: waiting.about, now: () => currentWrite(tx, id) });
    return earlier;
  }

  async function cancelBatch(did: string, ids: readonly string[]): Promise<number> {
    const earlier = await outbox.transact(async (tx, schedule) => {
      await oneAtATime(tx, did);
      const found: Intent[][] = [];
      for (const id of ids) {
        try {
          found.push(await cancelOne(tx, schedule, did, id));
        } catch (error) {
          // Those that can't be cancelled are what is left: they go on, and are counted.
          if (!(error instanceof TooLate) && !(error instanceof UnknownWrite)) throw error;
        }
      }
      return found;
    });
    hasten(earlier.flat());
    return earlier.length;
  }

  return {
    async of(did) {
      const rows = await waitingRecords(db, did, LISTED);
      const described = new Map<string, About>();
      for (const family of waitingFamilies) {
        const own = rows.filter(({ collection }) => family.isOf(collection, collections));
        if (own.length === 0) continue;
        for (const [id, about] of await family.describe(db, did, own)) described.set(id, about);
      }
      const writes = rows.map((row) => ({
        id: row.id,
        kind: familyOf(row.collection)?.kind ?? "record",
        action: row.action,
        track: described.get(row.id)?.track ?? null,
        text: described.get(row.id)?.text ?? null,
        asked: row.asked.toISOString(),
        write: writeState(row),
      }));
      return {
        count: rows.length < LISTED ? rows.length : await countUnsettled(db, did),
        kinds: Object.fromEntries(
          [...Map.groupBy(writes, ({ kind }) => kind)].map(([kind, group]) => [kind, group.length]),
        ),
        needSignIn: writes.filter(({ write }) => write.state === "needs-sign-in").length,
        writes,
      };
    },

    async cancel(did, id) {
      const earlier = await outbox.transact(async (tx, schedule) => {
        await oneAtATime(tx, did);
        return cancelOne(tx, schedule, did, id);
      });
      hasten(earlier);
    },

    async cancelAll(did) {
      const all = await countUnsettled(db, did);
      const ids = (await waitingRecords(db, did, MOST_CANCELLED)).map(({ id }) => id);
      let cancelled = 0;
      for (let from = 0; from < ids.length; from += BATCH) {
        cancelled += await cancelBatch(did, ids.slice(from, from + BATCH));
      }
      return { cancelled, left: Math.max(0, all - cancelled) };
    },
  };
}
