import { randomUUID } from "node:crypto";
import { sql, type Kysely, type Selectable } from "kysely";
import type { ExportsTable } from "../database/exports-tables.js";
import type { Schema } from "../database/schema.js";
import type { Outbox } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { archiveName } from "./archive-names.js";
import { clearExport } from "./clear-export.js";
import { exportMedia } from "./export-media.js";
import { exportState, isOver, type ExportState } from "./export-state.js";
import type { Manifest } from "./manifest.js";
import { ExportExpired, NotDone, NothingToExport, UnknownExport } from "./refusals.js";

/** A finished archive in the storage. */
export interface ArchiveFile {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Under which a browser saves it. */
  readonly fileName: string;
}

/** What a person does with exports of their own music. All of it is answered from the database alone. */
export interface Exports {
  /**
   * Accepts an export of all of a person's tracks. A person has one living export: while there is one, it is that one.
   *
   * @throws {NothingToExport}
   */
  begin(did: string): Promise<{ state: ExportState; isNew: boolean }>;
  /** The newest first, 20 at most. */
  of(did: string): Promise<ExportState[]>;
  /** @returns also what the archive holds; null while it isn't done @throws {UnknownExport} */
  find(did: string, id: string): Promise<{ state: ExportState; manifest: Manifest | null }>;
  /** Cancels an export that is not over, removes one that is. @throws {UnknownExport} */
  remove(did: string, id: string): Promise<ExportState>;
  /** @throws {UnknownExport} {NotDone} {ExportExpired} */
  archive(did: string, id: string): Promise<ArchiveFile>;
}

const MOST = 20;

export function openExports(parts: { db: Kysely<Schema>; outbox: Outbox<TaskServices> }): Exports {
  const { db, outbox } = parts;

  return {
    async begin(did) {
      for (;;) {
        const accepted = await accept(outbox, did);
        if (accepted !== undefined) return { state: exportState(accepted), isNew: true };
        const living = await db
          .selectFrom("exports")
          .selectAll()
          .where("did", "=", did)
          .where("status", "in", ["waiting", "running"])
          .executeTakeFirst();
        // None: it has ended between the two questions.
        if (living !== undefined) return { state: exportState(living), isNew: false };
      }
    },

    async of(did) {
      const rows = await shown(db, did).orderBy("created_at", "desc").limit(MOST).execute();
      return rows.map(exportState);
    },

    async find(did, id) {
      const row = await shown(db, did).where("id", "=", id).executeTakeFirst();
      if (row === undefined) throw new UnknownExport();
      return { state: exportState(row), manifest: row.manifest };
    },

    remove: (did, id) =>
      outbox.transact(async (tx, schedule) => {
        const row = await shown(tx, did).where("id", "=", id).forUpdate().executeTakeFirst();
        if (row === undefined) throw new UnknownExport();
        const over = isOver(row);
        const now = await tx
          .updateTable("exports")
          .set(over ? { status: "removed" } : { status: "cancelled", reason: null, ended_at: sql`now()` })
          .where("id", "=", id)
          .returningAll()
          .executeTakeFirstOrThrow();
        // What is not over has an intent of its own, which finds it cancelled and clears it away.
        if (over) await schedule(clearExport, { exportId: id, owner: did });
        return exportState(now);
      }),

    async archive(did, id) {
      const row = await shown(db, did)
        .innerJoin("people", "people.did", "exports.did")
        .select("handle")
        .where("id", "=", id)
        .executeTakeFirst();
      if (row === undefined) throw new UnknownExport();
      const overdue = row.expires_at !== null && row.expires_at.getTime() <= Date.now();
      if (row.status === "expired" || overdue) throw new ExportExpired();
      if (row.status !== "done" || row.file_key === null || row.size === null) throw notDone(row);
      const fileName = archiveName(row.handle, row.ended_at ?? row.created_at);
      return { key: row.file_key, size: row.size, fileName };
    },
  };
}

function shown(db: Kysely<Schema>, did: string) {
  return db
    .selectFrom("exports")
    .selectAll("exports")
    .where("exports.did", "=", did)
    .where("status", "<>", "removed");
}

/** @returns undefined when the person has a living export */
async function accept(
  outbox: Outbox<TaskServices>,
  did: string,
): Promise<Selectable<ExportsTable> | undefined> {
  return outbox.transact(async (tx, schedule) => {
    const { count, bytes } = await tx
      .selectFrom("tracks")
      .select(sql<number>`count(*)::int`.as("count"))
      .select(sql<number>`coalesce(sum(size), 0)::float8`.as("bytes"))
      .where("artist_did", "=", did)
      .where("deleted_at", "is", null)
      .executeTakeFirstOrThrow();
    if (count === 0) throw new NothingToExport();
    const row = await tx
      .insertInto("exports")
      .values({ id: randomUUID(), did, total_count: count, total_bytes: bytes })
      .onConflict((conflict) =>
        conflict
          .column("did")
          .where(sql<boolean>`status in ('waiting', 'running')`)
          .doNothing(),
      )
      .returningAll()
      .executeTakeFirst();
    if (row !== undefined) await schedule(exportMedia, { exportId: row.id, owner: did });
    return row;
  });
}

function notDone({ status }: Pick<Selectable<ExportsTable>, "status">): NotDone {
  if (status === "failed" || status === "cancelled")
    return new NotDone("This export was not finished: export your music again");
  return new NotDone("This export is not finished yet: wait until its status is done");
}
