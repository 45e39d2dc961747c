import { sql } from "kysely";
import type { TaskServices } from "../tasks/services.js";
import { clearExport } from "./clear-export.js";

/**
 * Has the exports of a person who leaves called off, and their archives cleared away.
 *
 * @returns what is still going on, for the person to read; null: no export is left
 */
export async function clearExportsOf({ db, outbox }: TaskServices, did: string): Promise<string | null> {
  await outbox.transact(async (tx, schedule) => {
    const ended = await tx
      .updateTable("exports")
      .set({ status: "removed", ended_at: sql<Date>`coalesce(ended_at, now())` })
      .where("did", "=", did)
      .where("status", "<>", "removed")
      .returning("id")
      .execute();
    for (const { id } of ended) await schedule(clearExport, { exportId: id, owner: did });
  });
  const left = await db.selectFrom("exports").select("id").where("did", "=", did).executeTakeFirst();
  return left === undefined ? null : "Your exported archives are being deleted.";
}
