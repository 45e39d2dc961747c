import { isDeepStrictEqual } from "node:util";
import { defineTask, exponential, RetryAt } from "@plyr/docket";
import { sql, type Kysely, type Selectable, type Transaction } from "kysely";
import { z } from "zod";
import type { ListsTable } from "../database/lists-tables.js";
import type { RecordContent, Schema } from "../database/schema.js";
import type { GivenUp } from "../outbox/burial.js";
import { listRecord } from "../records/list.js";
import { markFailed, wishContent, wishGone, type PdsRecord } from "../records/pds-record.js";
import { reconcile } from "../records/reconcile.js";
import type { TaskServices } from "../tasks/services.js";
import { recordSubject } from "../tasks/write-record.js";
import { itemsOf } from "./list-content.js";
import { leftAloneFor } from "./quiet.js";

const payload = z.object({ listId: z.int(), recordId: z.uuid(), did: z.string() });

/** What the writes of a list are about. */
export function aboutList(listId: number): string {
  return `list:${String(listId)}`;
}

/**
 * Brings a list to its owner's PDS as the database has it when the person is done changing it.
 *
 * 1. wait until nothing has changed the list for a while
 * 2. wish for what it holds now, if that differs from what is wished
 * 3. reconcile, as for any record
 * 4. changed meanwhile: again from the beginning; else nothing is owed any more
 *
 * Safe to run twice: a second run finds the same content and wishes for nothing new; for the record see `reconcile`.
 */
export const writeList = defineTask<TaskServices>()({
  name: "list.write",
  payload,
  serial: ({ did, listId }) => recordSubject(did, aboutList(listId)),
  retry: exponential({ attempts: 8, min: "1s", max: "10m" }),
  timeout: "2m",
  maxAge: "30d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ listId, recordId }, { services, key, signal }) {
    const lease = services.carrier.leaseOf(key);
    await wishForWhatItHolds(services.db, listId, recordId);
    await reconcile(services, recordId, lease, signal);
    await settle(services.db, listId);
  },
});

/** Notes at the list's record that its write has been given up; the next change tries anew. */
export const listGivenUp: GivenUp = async (tx, given, reason) => {
  const { listId, recordId } = payload.parse(given);
  await markFailed(tx, recordId, reason);
  await tx.updateTable("lists").set({ owed: false }).where("id", "=", listId).execute();
};

type List = Selectable<ListsTable> & { readonly now: Date };

/** The list, which nobody else changes until the transaction has ended. */
async function lockList(tx: Transaction<Schema>, listId: number): Promise<List | undefined> {
  return (
    tx
      .selectFrom("lists")
      .selectAll()
      // Not when the transaction began: it may have waited for the row.
      .select(sql<Date>`clock_timestamp()`.as("now"))
      .where("id", "=", listId)
      .forUpdate()
      .executeTakeFirst()
  );
}

function demandQuiet(list: List): void {
  const rest = leftAloneFor(list, list.now);
  if (rest !== null && rest > 0) throw new RetryAt(rest, "the list may still be changing");
}

/** @throws {RetryAt} while the person may not be done */
async function wishForWhatItHolds(db: Kysely<Schema>, listId: number, recordId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // The record before the list, as in all who change both: no two wait for each other. Whoever changes a list twice has its
    // reference to the record checked, which must not wait either.
    const record = await tx
      .selectFrom("pds_records")
      .select(["collection", "wish", "confirmed_version"])
      .where("id", "=", recordId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    const list = await lockList(tx, listId);
    if (list === undefined || record === undefined) return;
    demandQuiet(list);
    await tx
      .updateTable("lists")
      .set({ changing_since: null, changed_at: null })
      .where("id", "=", listId)
      .execute();
    if (list.deleted_at === null) await wishFor(tx, list, record);
  });
}

async function wishFor(
  tx: Transaction<Schema>,
  list: List,
  { collection, wish, confirmed_version }: Pick<PdsRecord, "collection" | "wish" | "confirmed_version">,
): Promise<void> {
  const items = await itemsOf(tx, list);
  // A list of what is liked by somebody who likes nothing says nothing.
  if (list.kind === "liked" && items.length === 0) {
    if (wish !== null) await wishGone(tx, list.record_id);
    return;
  }
  const facts = { name: list.title, listType: list.kind, items, createdAt: list.created_at };
  const content = listRecord(collection, { ...facts, updatedAt: confirmed_version === 0 ? null : list.now });
  if (!saysTheSame(wish, content)) await wishContent(tx, list.record_id, { collection, content });
}

/** When it was said makes no difference. */
function saysTheSame(wish: RecordContent | null, content: RecordContent): boolean {
  if (wish === null) return false;
  return isDeepStrictEqual({ ...wish, updatedAt: null }, { ...content, updatedAt: null });
}

/** @throws {RetryAt} when the list has changed meanwhile */
async function settle(db: Kysely<Schema>, listId: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const list = await lockList(tx, listId);
    if (list === undefined) return;
    if (list.changed_at !== null)
      throw new RetryAt(leftAloneFor(list, list.now) ?? 0, "the list has changed");
    // Of a deleted album nothing is left to show; what is liked is one list for good.
    if (list.deleted_at !== null && list.kind === "album")
      await tx.deleteFrom("lists").where("id", "=", listId).execute();
    else await tx.updateTable("lists").set({ owed: false }).where("id", "=", listId).execute();
  });
}
