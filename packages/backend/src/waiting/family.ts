import type { Kysely, Transaction } from "kysely";
import type { RecordContent, Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { Collections } from "../records/collections.js";
import type { TaskServices } from "../tasks/services.js";

/** What a waiting write is about, as far as it can still be told. */
export interface About {
  readonly track: { readonly id: number; readonly title: string } | null;
  /** What it says, when it says something. */
  readonly text: string | null;
}

/** A record whose write waits. */
export interface Waiting {
  readonly id: string;
  /** What its writes are about (see `recordSubject`), from the oldest open intent; null: there is none. */
  readonly about: string | null;
}

/** What there is to be done with a record. */
export type Action = "add" | "change" | "remove";

/** What is asked to be cancelled, and the means. */
export interface Cancelling extends Waiting {
  readonly tx: Transaction<Schema>;
  readonly schedule: Schedule<TaskServices>;
  readonly did: string;
  /**
   * What is to be done now; to be called when what the record belongs to is locked. From then on no outcome is recorded
   * until the transaction has ended.
   *
   * @throws {TooLate} when the PDS has it by now
   */
  readonly now: () => Promise<{ action: Action; confirmedWish: RecordContent | null }>;
}

/** One kind of record: how its waiting writes are told of, and cancelled. */
export interface WaitingFamily {
  readonly kind: string;
  /** Whether a collection holds this kind. */
  readonly isOf: (collection: string, collections: Collections) => boolean;
  /** @returns an entry for each record that something is known of */
  readonly describe: (
    db: Kysely<Schema>,
    did: string,
    waiting: readonly Waiting[],
  ) => Promise<Map<string, About>>;
  /**
   * Takes the family's row and the wish back to what the PDS has, and schedules the write: a run that is going on finds
   * the new wish, and what has left already is made good at the PDS.
   *
   * @throws {TooLate} when there is no way back
   */
  readonly cancel: (cancelling: Cancelling) => Promise<void>;
}
