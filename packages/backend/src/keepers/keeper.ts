import type { Kysely, Transaction } from "kysely";
import type { Adopting, FoundRecord } from "../adoption/adopting.js";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { Collections } from "../records/collections.js";
import type { TaskServices } from "../tasks/services.js";
import { writeRecord } from "../tasks/write-record.js";

/** A record of ours. */
export interface KeptRecord {
  readonly id: string;
  readonly did: string;
}

/** A record that is wished, and that nothing here stands for. */
export interface Unclaimed extends KeptRecord {
  readonly rkey: string;
  readonly version: number;
  /** Whether another record of theirs, which is wished too, is about the same. */
  readonly another: boolean;
}

/**
 * The domain that looks after the records of one collection: what it does when a record turns out to be otherwise than
 * the database says.
 */
export interface Keeper {
  readonly collection: (collections: Collections) => string;
  /** Has the record's wish carried out, under the subject that all its writes have. */
  carryOn(tx: Transaction<Schema>, schedule: Schedule<TaskServices>, record: KeptRecord): Promise<void>;
  /**
   * Its owner took the record away at their PDS: takes away here what it stood for, as if they had done so here. That the
   * record is to be gone is wished already.
   */
  letGo(tx: Transaction<Schema>, schedule: Schedule<TaskServices>, record: KeptRecord): Promise<void>;
  /**
   * A record was written, or changed, when this database was not looking: has here what it stands for, as it says.
   *
   * @throws {NotAdoptable}
   */
  adopt(adopting: Adopting, record: FoundRecord): Promise<void>;
  /** A person's records that are wished and that nothing here stands for. */
  unclaimed(db: Kysely<Schema>, did: string, collection: string): Promise<Unclaimed[]>;
}

/** Has a record's wish carried out whose domain has nothing of it any more: its writes are about itself alone. */
export async function carryOnAlone(schedule: Schedule<TaskServices>, { id, did }: KeptRecord): Promise<void> {
  await schedule(writeRecord, { recordId: id, did, about: `record:${id}` });
}
