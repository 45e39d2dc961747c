import { z } from "zod";
import { NotAdoptable, type Adopting, type FoundRecord } from "../adoption/adopting.js";
import { findTrackByUri } from "../tracks/find-by-uri.js";
import { otherAlbumOf } from "./album-slug.js";
import { slugOf } from "./album-title.js";

const content = z.object({
  name: z.string().default(""),
  listType: z.string().optional(),
  createdAt: z.iso.datetime({ offset: true }),
  items: z.array(z.object({ subject: z.object({ uri: z.string() }) })),
});

/**
 * An album is here as its record says: title, tracks and order. Of the list of what a person likes only that it is theirs:
 * what it holds follows from their likes. @throws {NotAdoptable} for lists of other kinds
 */
export async function adoptList(adopting: Adopting, record: FoundRecord): Promise<void> {
  const list = content.parse(record.value);
  if (list.listType !== "album" && list.listType !== "liked") {
    throw new NotAdoptable(`lists of type ${list.listType ?? "unknown"} are not made here`);
  }
  const { tx } = adopting;
  const known = await tx
    .selectFrom("lists")
    .select(["id", "kind"])
    .where("record_id", "=", record.id)
    .executeTakeFirst();
  const id = known?.id ?? (await beginList(adopting, record, { ...list, kind: list.listType }));
  if (list.listType === "liked" || known?.kind === "liked") return;
  const slug = await freeSlug(adopting, record, list.name, id);
  await tx
    .updateTable("lists")
    .set({ title: list.name, slug, deleted_at: null })
    .where("id", "=", id)
    .execute();
  await setTracks(
    adopting,
    record.did,
    id,
    list.items.map(({ subject }) => subject.uri),
  );
}

async function beginList(
  { tx }: Adopting,
  record: FoundRecord,
  list: { kind: "album" | "liked"; name: string; createdAt: string },
): Promise<number> {
  if (list.kind === "liked") {
    const other = await tx
      .selectFrom("lists")
      .select("id")
      .where("did", "=", record.did)
      .where("kind", "=", "liked")
      .executeTakeFirst();
    if (other !== undefined) throw new NotAdoptable("they have another list of what they like");
  }
  const { id } = await tx
    .insertInto("lists")
    .values({
      did: record.did,
      kind: list.kind,
      title: list.name,
      // Of an album it is set with its title.
      slug: list.kind === "liked" ? "liked" : record.rkey,
      record_id: record.id,
      created_at: list.createdAt,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** The title's, or one that nobody else has. */
async function freeSlug(
  { tx }: Adopting,
  { did, rkey }: FoundRecord,
  title: string,
  own: number,
): Promise<string> {
  const slug = slugOf(title);
  const other = await otherAlbumOf(tx, did, slug, own);
  return other === undefined ? slug : `${slug}-${rkey}`;
}

/** Exactly these, in this order; a track that was on another album has moved here since. */
async function setTracks(
  { tx }: Adopting,
  did: string,
  albumId: number,
  uris: readonly string[],
): Promise<void> {
  await tx.deleteFrom("album_tracks").where("album_id", "=", albumId).execute();
  for (const [index, uri] of uris.entries()) {
    // An album holds tracks of its artist alone.
    const trackId = uri.startsWith(`at://${did}/`) ? await findTrackByUri(tx, uri) : null;
    if (trackId === null) continue;
    const place = { album_id: albumId, position: index + 1 };
    await tx
      .insertInto("album_tracks")
      .values({ track_id: trackId, ...place })
      .onConflict((conflict) => conflict.column("track_id").doUpdateSet(place))
      .execute();
  }
}
