import { sql } from "kysely";
import { wishGone } from "../records/pds-record.js";
import { writeRecord } from "../tasks/write-record.js";
import type { LeavingStep } from "./leaving-steps.js";

/**
 * Takes back the records of a person who leaves that no family has taken back. Only records for which nothing is to be
 * done at the moment: what their family writes, it writes under a subject that isn't known here.
 */
export const takeBackRecordsOf: LeavingStep = async (tx, schedule, { did, records }, limit) => {
  if (records === "keep") return 0;
  const rows = await tx
    .selectFrom("pds_records")
    .select("id")
    .where("did", "=", did)
    .where("wish", "is not", null)
    .where((where) =>
      where.or([where("confirmed_version", "=", where.ref("wish_version")), where("state", "=", "failed")]),
    )
    .where(
      sql<boolean>`not exists (
        select 1 from intents where state = 'open' and payload ->> 'recordId' = pds_records.id::text
      )`,
    )
    .limit(limit)
    .execute();
  for (const { id } of rows) {
    await wishGone(tx, id);
    await schedule(writeRecord, { recordId: id, did, about: `left:${id}` });
  }
  return rows.length;
};
