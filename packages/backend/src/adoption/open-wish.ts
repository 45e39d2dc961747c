import { isDeepStrictEqual } from "node:util";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { OwnRecord } from "../repository/compare.js";
import type { RepositoryRecord } from "../repository/repository.js";

/**
 * Whether a repository has gone on from where this wish, which was open when the database was copied, could have led it.
 * Where a write may have been on its way then, or the repository is as before, nothing can be told: the wish is carried out.
 *
 * @param there the record now; null: it isn't there
 */
export async function isOvertaken(
  db: Kysely<Schema>,
  own: OwnRecord,
  there: RepositoryRecord | null,
): Promise<boolean> {
  const row = await db
    .selectFrom("pds_records")
    .select(["wish", "confirmed_cid", "sent_at"])
    .where("id", "=", own.id)
    .where("wish_version", "=", own.version)
    .whereRef("confirmed_version", "<", "wish_version")
    .executeTakeFirst();
  if (row?.sent_at !== null) return false;
  if (there === null) return row.confirmed_cid !== null && row.wish !== null;
  return there.cid !== row.confirmed_cid && !isDeepStrictEqual(there.value, row.wish);
}
