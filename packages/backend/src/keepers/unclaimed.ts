import { sql, type Kysely, type RawBuilder } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Unclaimed } from "./keeper.js";

/** @param claim whether something stands for the row of `pds_records` that is called `record` */
export async function findUnclaimed(
  db: Kysely<Schema>,
  did: string,
  collection: string,
  claim: RawBuilder<boolean>,
): Promise<Unclaimed[]> {
  const { rows } = await sql<Unclaimed>`
    select id, did, rkey, wish_version as version, exists (
      select 1 from pds_records other
      where other.did = record.did and other.collection = record.collection and other.id <> record.id
        and other.wish #>> '{subject,uri}' = record.wish #>> '{subject,uri}'
    ) as another
    from pds_records record
    where did = ${did} and collection = ${collection} and wish is not null and not ${claim}
  `.execute(db);
  return rows;
}
