import type { Transaction } from "kysely";
import type { RecordContent, Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";

/** A record as its owner's repository has it. Its row here says so already, and was confirmed. */
export interface FoundRecord {
  /** Of the row. */
  readonly id: string;
  readonly did: string;
  readonly collection: string;
  readonly rkey: string;
  /** What its lexicon allows; who wrote it isn't known. */
  readonly value: RecordContent;
}

/** In which a record is adopted. The person does one thing at a time. */
export interface Adopting {
  readonly tx: Transaction<Schema>;
  readonly schedule: Schedule<TaskServices>;
  readonly namespace: string;
  /** Under which others find the service. */
  readonly publicUrl: string;
  /** The origin of the person's PDS. */
  readonly home: string;
}

/** Nothing here can stand for a record. The message completes "left as it is: …". */
export class NotAdoptable extends Error {
  override readonly name = "NotAdoptable";
}
