import { sql, type Kysely } from "kysely";

/** Which records were made by us: only those are ever written or taken away by a repair. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table pds_records add column made_here boolean not null default true`.execute(db);
}
