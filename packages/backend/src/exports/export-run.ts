import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Outbox } from "../outbox/outbox.js";
import { holds, type Holder } from "../records/pds-record.js";
import type { TaskServices } from "../tasks/services.js";
import { archiveKey } from "./archive-key.js";
import { clearExport } from "./clear-export.js";
import type { Manifest } from "./manifest.js";

/** What is to be done about an export now. */
export type Wanted =
  | { readonly what: "make"; readonly did: string; readonly handle: string; readonly expected: number }
  /** It is not to be, so nothing of it may lie in the storage. */
  | { readonly what: "clear away" }
  | { readonly what: "nothing" };

/** Reads what is wanted of an export. From here on the row of one that is to be made names its file. */
export async function readWanted(db: Kysely<Schema>, exportId: string): Promise<Wanted> {
  const wanted = await db
    .updateTable("exports")
    .from("people")
    .set({ file_key: archiveKey(exportId) })
    .whereRef("people.did", "=", "exports.did")
    .where("exports.id", "=", exportId)
    .where("status", "in", ["waiting", "running"])
    .returning(["exports.did", "people.handle", "exports.total_bytes"])
    .executeTakeFirst();
  if (wanted !== undefined)
    return { what: "make", did: wanted.did, handle: wanted.handle, expected: wanted.total_bytes };
  const row = await db.selectFrom("exports").select("status").where("id", "=", exportId).executeTakeFirst();
  const isOver = row !== undefined && ["done", "expired", "removed"].includes(row.status);
  return { what: isOver ? "nothing" : "clear away" };
}

/** Notes that an export is being made. The reason why it waited stays until then. */
export async function beginRun(db: Kysely<Schema>, exportId: string, holder: Holder): Promise<void> {
  await db
    .updateTable("exports")
    .set({ status: "running", reason: null, processed_count: 0, processed_bytes: 0 })
    .where("id", "=", exportId)
    .where("status", "in", ["waiting", "running"])
    .where(holds(holder))
    .execute();
}

/** Notes that nothing of a cancelled or failed export is in the storage any more. */
export async function noteCleared(db: Kysely<Schema>, exportId: string): Promise<void> {
  await db
    .updateTable("exports")
    .set({ file_key: null })
    .where("id", "=", exportId)
    .where("status", "in", ["cancelled", "failed"])
    .execute();
}

/** Notes why an export is put off. @returns how many times in a row it has been, this one included */
export async function putOff(
  db: Kysely<Schema>,
  exportId: string,
  reason: string,
  holder: Holder,
): Promise<number> {
  const row = await db
    .updateTable("exports")
    .set({ status: "waiting", reason, deferrals: sql`deferrals + 1` })
    .where("id", "=", exportId)
    .where("status", "in", ["waiting", "running"])
    .where(holds(holder))
    .returning("deferrals")
    .executeTakeFirst();
  return row?.deferrals ?? 1;
}

/**
 * Notes that an archive is complete. It takes the place of the person's earlier one.
 *
 * @param keep for how long it can be downloaded; milliseconds
 * @returns false: it was cancelled meanwhile, or another run has it
 */
export async function completeRun(
  outbox: Outbox<TaskServices>,
  exportId: string,
  made: { size: number; manifest: Manifest; keep: number },
  holder: Holder,
): Promise<boolean> {
  return outbox.transact(async (tx, schedule) => {
    const { tracks, leftOut } = made.manifest;
    const bytes = tracks.reduce((sum, { size }) => sum + size, 0);
    const count = tracks.length + leftOut.length;
    const done = await tx
      .updateTable("exports")
      .set({ status: "done", reason: null, size: made.size, manifest: JSON.stringify(made.manifest) })
      .set({ processed_count: count, total_count: count, processed_bytes: bytes, total_bytes: bytes })
      .set({
        ended_at: sql`now()`,
        expires_at: sql`now() + ${made.keep}::float8 * interval '1 millisecond'`,
      })
      .where("id", "=", exportId)
      .where("status", "=", "running")
      .where(holds(holder))
      .returning("did")
      .executeTakeFirst();
    if (done === undefined) return false;
    const earlier = await tx
      .updateTable("exports")
      .set({ status: "expired", reason: "A newer export has taken its place" })
      .where("did", "=", done.did)
      .where("status", "=", "done")
      .where("id", "<>", exportId)
      .returning("id")
      .execute();
    for (const { id } of earlier) await schedule(clearExport, { exportId: id, owner: done.did });
    return true;
  });
}
