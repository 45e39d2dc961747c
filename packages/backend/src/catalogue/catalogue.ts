import type { Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { FINGERPRINT_KIND } from "../fingerprints/chromaprint.js";
import { saveContent } from "../fingerprints/contents.js";
import type { Heard } from "../fingerprints/hear.js";

/** A work that tracks are compared with. */
export const work = z.object({
  id: z.int(),
  title: z.string(),
  artist: z.string(),
  /** Of its audio. */
  seconds: z.number(),
  addedAt: z.iso.datetime(),
});
export type Work = z.infer<typeof work>;

export interface NewWork extends Heard {
  readonly title: string;
  readonly artist: string;
  /** Of its file, hex. */
  readonly sha256: string;
}

/** The same file twice is one work; its title and artist are those that were given last. */
export async function addWork(
  db: Kysely<Schema>,
  { title, artist, sha256, ...heard }: NewWork,
): Promise<{ id: number; added: boolean }> {
  return db.transaction().execute(async (tx) => {
    const contentId = await saveContent(tx, sha256, heard);
    const known = await tx
      .updateTable("catalogue")
      .set({ title, artist })
      .where("content_id", "=", contentId)
      .returning("id")
      .executeTakeFirst();
    if (known !== undefined) return { id: known.id, added: false };
    const { id } = await tx
      .insertInto("catalogue")
      .values({ content_id: contentId, title, artist })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { id, added: true };
  });
}

/** In the order in which they were added. @param after the id of the last one seen */
export async function listWorks(db: Kysely<Schema>, after: number, most: number): Promise<Work[]> {
  const rows = await db
    .selectFrom("catalogue")
    .innerJoin("audio_contents", "audio_contents.id", "catalogue.content_id")
    .select(["catalogue.id", "title", "artist", "seconds", "catalogue.added_at"])
    .where("catalogue.id", ">", after)
    .where("fingerprint_kind", "=", FINGERPRINT_KIND)
    .orderBy("catalogue.id")
    .limit(most)
    .execute();
  return rows.map(({ added_at: addedAt, ...row }) => ({ ...row, addedAt: addedAt.toISOString() }));
}

/** Scans that were made stay as they are. @returns whether it was there */
export async function removeWork(db: Kysely<Schema>, id: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom("catalogue").where("id", "=", id).executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
