import { sql, type Transaction } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { recordSubject } from "../tasks/write-record.js";
import { quietTimes } from "./quiet.js";
import { aboutList, writeList } from "./write-list.js";

/**
 * To be called in the transaction that changes what these lists hold. However many changes come in quick succession, one
 * intent is open for each list, and it carries the list as it is when the person is done.
 */
export async function listsChanged(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  listIds: readonly number[],
): Promise<void> {
  if (listIds.length === 0) return;
  // In one order for everybody, so that no two wait for each other.
  const lists = await tx
    .selectFrom("lists")
    .select(["id", "did", "kind", "record_id", "owed"])
    .where("id", "in", [...listIds])
    .orderBy("id")
    .forNoKeyUpdate()
    .execute();
  await tx
    .updateTable("lists")
    .set({
      changed_at: sql`now()`,
      changing_since: sql`coalesce(changing_since, now())`,
      owed: true,
    })
    .where("id", "in", [...listIds])
    .execute();
  const open = await openSubjects(tx, lists);
  for (const { id, did, kind, record_id, owed } of lists) {
    if (owed && open.has(recordSubject(did, aboutList(id)))) continue;
    const payload = { listId: id, recordId: record_id, did };
    await schedule(writeList, payload, { delay: quietTimes[kind].quiet });
  }
}

/** An intent may have been taken away from outside: then the list must not wait for it for ever. */
async function openSubjects(
  tx: Transaction<Schema>,
  lists: readonly { id: number; did: string; owed: boolean }[],
): Promise<Set<string>> {
  const subjects = lists.filter(({ owed }) => owed).map(({ id, did }) => recordSubject(did, aboutList(id)));
  if (subjects.length === 0) return new Set();
  const rows = await tx
    .selectFrom("intents")
    .select("subject")
    .where("subject", "in", subjects)
    .where("state", "=", "open")
    .execute();
  return new Set(rows.map(({ subject }) => subject));
}
