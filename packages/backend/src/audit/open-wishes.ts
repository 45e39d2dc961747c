import { sql, type Kysely } from "kysely";
import type { RecordState, Schema } from "../database/schema.js";

/** A record whose wish is not confirmed. */
export interface OpenWish {
  readonly id: string;
  readonly did: string;
  readonly collection: string;
  readonly rkey: string;
  readonly version: number;
  readonly state: RecordState;
  readonly reason: string | null;
  /** Whether something is to carry it out, or was a moment ago. */
  readonly carried: boolean;
}

/** An outcome that came to be doubted has no intent for a moment; seconds. */
const A_MOMENT = 60;

/** A person's records whose wish is not confirmed, in one look at rows and intents together. */
export async function openWishes(db: Kysely<Schema>, did: string): Promise<OpenWish[]> {
  const { rows } = await sql<OpenWish>`
    select record.id, did, collection, rkey, wish_version as version, record.state, record.reason,
      intent.record_id is not null or state_since > now() - ${A_MOMENT}::float8 * interval '1 second' as carried
    from pds_records record
    left join (
      select distinct payload ->> 'recordId' as record_id from intents where state = 'open'
    ) intent on intent.record_id = record.id::text
    where did = ${did} and confirmed_version < wish_version
  `.execute(db);
  return rows;
}
