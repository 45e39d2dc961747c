import type { Transaction } from "kysely";
import type { Schema } from "../database/schema.js";

/** The living album of a person that has this slug. @param own the album that may have it; null: none */
export function otherAlbumOf(
  tx: Transaction<Schema>,
  did: string,
  slug: string,
  own: number | null,
): Promise<{ title: string } | undefined> {
  return tx
    .selectFrom("lists")
    .select("title")
    .where("did", "=", did)
    .where("kind", "=", "album")
    .where("slug", "=", slug)
    .where("deleted_at", "is", null)
    .where("id", "<>", own ?? 0)
    .executeTakeFirst();
}
