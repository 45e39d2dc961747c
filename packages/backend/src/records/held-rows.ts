import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Hold } from "../pds/holds.js";

/** The DIDs that a hold concerns, as a subquery. */
function concerned({ scope, name }: Hold): RawBuilder<unknown> {
  if (scope === "person") return sql`select ${name}::text`;
  return sql`select did from pds_homes where host = ${name} union select ${name}::text`;
}

/** Says at all records that wait for a hold what they wait for. */
export async function showHold(db: Kysely<Schema>, hold: Hold): Promise<void> {
  // A record that awaits another says so already. Locked in one order: two such statements may meet.
  await sql`
    update pds_records set state = 'waiting', reason = ${hold.reason},
      state_since = case when state = 'waiting' then state_since else now() end
    where id in (
      select id from pds_records where did in (${concerned(hold)}) and confirmed_version < wish_version
        and state in ('writing', 'waiting') and awaits is null
      order by id for no key update
    )
  `.execute(db);
}

/** Takes back what `showHold` has said. */
export async function showReleased(db: Kysely<Schema>, hold: Hold): Promise<void> {
  await sql`
    update pds_records set state = 'writing', reason = null, state_since = now()
    where id in (
      select id from pds_records where did in (${concerned(hold)}) and confirmed_version < wish_version
        and state = 'waiting' and reason = ${hold.reason}
      order by id for no key update
    )
  `.execute(db);
}

/**
 * What a new wish of a person has to wait for, as an expression: null when nothing. So it is said from the moment at which
 * it is accepted, though no task finds out before the hold is over.
 *
 * @param did an expression
 */
export function holdOn(did: RawBuilder<unknown>): RawBuilder<string | null> {
  return sql<string | null>`(
    select reason from pds_holds where cause <> 'over' and until > now() and (
      (scope = 'person' and name = ${did})
      or (scope = 'host' and name = coalesce((select host from pds_homes where pds_homes.did = ${did}), ${did}))
    ) order by until desc limit 1
  )`;
}
