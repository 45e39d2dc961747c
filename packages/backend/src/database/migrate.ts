import { sql, type Kysely } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import * as initial from "./migrations/0001_initial.js";
import * as comments from "./migrations/0002_comments.js";
import * as tracks from "./migrations/0003_tracks.js";
import * as scans from "./migrations/0004_scans.js";
import * as exports from "./migrations/0005_exports.js";
import * as plays from "./migrations/0006_plays.js";
import * as lists from "./migrations/0007_lists.js";
import * as audit from "./migrations/0009_audit.js";
import * as pdsHosts from "./migrations/0010_pds_hosts.js";
import * as people from "./migrations/0011_people.js";
import * as sync from "./migrations/0012_sync.js";
import * as spans from "./migrations/0013_records.js";
import * as operating from "./migrations/0014_operating.js";
import * as costs from "./migrations/0016_costs.js";
import type { Schema } from "./schema.js";

const ours: Readonly<Record<string, Migration>> = {
  "0001_initial": initial,
  "0002_comments": comments,
  "0003_tracks": tracks,
  "0004_scans": scans,
  "0005_exports": exports,
  "0006_plays": plays,
  "0007_lists": lists,
  "0009_audit": audit,
  "0010_pds_hosts": pdsHosts,
  "0011_people": people,
  "0012_sync": sync,
  "0013_records": spans,
  "0014_operating": operating,
  "0016_costs": costs,
};
const NEWEST = Object.keys(ours).at(-1) ?? "";

/**
 * Brings the tables to what this release expects. Processes may start at the same time: Kysely's lock lets one
 * migrate and the others wait for it. What a newer release has done is left as it is: while a deploy goes on, processes of both run.
 *
 * @returns the migrations that there were to do
 * @throws when a migration fails; nothing of it remains then
 */
export async function migrateToLatest(db: Kysely<Schema>): Promise<string[]> {
  // Read before: Kysely asks while it holds what may be the only connection.
  const migrations = { ...ours, ...(await newer(db)) };
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return results?.map(({ migrationName }) => migrationName) ?? [];
  const failed = results?.find((result) => result.status === "Error")?.migrationName;
  throw new Error(`The database could not be migrated${failed === undefined ? "" : ` (at ${failed})`}`, {
    cause: error,
  });
}

/** The migrations of newer releases that have been made here: Kysely would take them for lost. */
async function newer(db: Kysely<Schema>): Promise<Record<string, Migration>> {
  const { rows: tables } = await sql<{ there: boolean }>`
    select to_regclass('kysely_migration') is not null as there
  `.execute(db);
  if (tables[0]?.there !== true) return {};
  const { rows } = await sql<{ name: string }>`
    select name from kysely_migration where name > ${NEWEST} collate "C"
  `.execute(db);
  return Object.fromEntries(rows.map(({ name }) => [name, { up: () => Promise.resolve() }]));
}
