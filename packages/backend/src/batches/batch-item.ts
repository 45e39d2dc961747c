import type { RecordContent } from "../database/schema.js";
import type { PdsRecord } from "../records/pds-record.js";

/** A record in a batch, and the lease under which its outcome is recorded. */
export interface BatchItem {
  /** As it was read before the batch left. */
  readonly record: PdsRecord;
  readonly subject: string;
  readonly token: string;
}

/** What is asked of the PDS for one record. */
export type Write =
  | { readonly action: "create" | "update"; readonly content: RecordContent }
  | { readonly action: "delete" }
  /** The PDS has it as wished: nothing to ask. `cid` null: it is gone. */
  | { readonly action: "none"; readonly cid: string | null };

export interface PlannedItem extends BatchItem {
  readonly write: Write;
}

/** What a write costs at a PDS that counts; see `points`. */
const COST = { create: 3, update: 2, delete: 1, none: 0 } as const;

export function costOf(items: readonly PlannedItem[]): number {
  return items.reduce((sum, { write }) => sum + COST[write.action], 0);
}

/** Bytes of an item in a request, its envelope included. */
export function bytesOf({ record, write }: PlannedItem): number {
  const content = "content" in write ? Buffer.byteLength(JSON.stringify(write.content)) : 0;
  return content + record.collection.length + record.rkey.length + ENVELOPE;
}

/** `{"$type":"com.atproto.repo.applyWrites#create","collection":"","rkey":"","value":},` and some. */
const ENVELOPE = 120;
