import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { heldByOperator, type Struck } from "./strikes.js";

/**
 * Says beside what a strike holds that it does: at records that are to be written, at scans, exports and uploads. Where
 * it says so already, or says why it waits for something else, nothing changes.
 */
export async function showStruck(db: Kysely<Schema>, { task, where, because }: Struck): Promise<void> {
  const reason = heldByOperator(because);
  const intents = sql`select payload from intents where state = 'open' and task = ${task}
    and payload @> ${JSON.stringify(where)}::jsonb`;
  await sql`
    update pds_records set state = 'waiting', reason = ${reason},
      state_since = case when state = 'waiting' then state_since else now() end
    where id in (
      select id from pds_records where id::text in (select payload ->> 'recordId' from (${intents}) as held)
        and confirmed_version < wish_version and state in ('writing', 'failed')
      order by id for no key update
    )
  `.execute(db);
  await sql`
    update copyright_scans set reason = ${reason} where settled_at is null and reason is distinct from ${reason}
      and ${task} = 'copyright.scan' and track_id::text in (select payload ->> 'trackId' from (${intents}) as held)
  `.execute(db);
  await sql`
    update exports set reason = ${reason} where status = 'waiting' and reason is distinct from ${reason}
      and ${task} = 'media.export' and id::text in (select payload ->> 'exportId' from (${intents}) as held)
  `.execute(db);
}

/** Takes back what `showStruck` has said. */
export async function showRestored(db: Kysely<Schema>, because: string): Promise<void> {
  const reason = heldByOperator(because);
  await sql`
    update pds_records set state = 'writing', reason = null, state_since = now()
    where id in (
      select id from pds_records where state = 'waiting' and reason = ${reason} order by id for no key update
    )
  `.execute(db);
  await sql`
    update copyright_scans set reason = null where settled_at is null and reason = ${reason}
  `.execute(db);
  await sql`update exports set reason = null where status = 'waiting' and reason = ${reason}`.execute(db);
}
