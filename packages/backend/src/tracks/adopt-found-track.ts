import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { NotAdoptable, type Adopting, type FoundRecord } from "../adoption/adopting.js";
import type { Schema } from "../database/schema.js";

const content = z.object({
  title: z.string(),
  fileType: z.string(),
  createdAt: z.iso.datetime({ offset: true }),
  duration: z.number().default(0),
  description: z.string().optional(),
  audioUrl: z.string().optional(),
  audioBlob: z.looseObject({ ref: z.object({ $link: z.string() }) }).optional(),
});

/** How far above the ids that are there one may lie that a record names: nobody may use up all of them. */
const FURTHEST_ID = 100_000;

/**
 * A track that is known says here what its record says. One that is not is listed anew, under the id that its address
 * names where that is free. Which of our files its audio was isn't known any more, so it is heard from its artist's PDS.
 *
 * @throws {NotAdoptable} when its audio is nowhere that we know
 */
export async function adoptFoundTrack(
  { tx, publicUrl, home }: Adopting,
  { id: recordId, did, value }: FoundRecord,
): Promise<void> {
  const track = content.parse(value);
  const blob = track.audioBlob === undefined ? null : JSON.stringify(track.audioBlob);
  const said = { title: track.title, description: track.description ?? null, duration: track.duration, blob };
  const { numUpdatedRows } = await tx
    .updateTable("tracks")
    .set(said)
    .where("record_id", "=", recordId)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows > 0n) return;

  const audioUrl =
    track.audioBlob === undefined ? track.audioUrl : blobUrl(home, did, track.audioBlob.ref.$link);
  if (audioUrl === undefined || (audioUrl === track.audioUrl && idIn(audioUrl, publicUrl) !== null)) {
    throw new NotAdoptable("its audio is not on its artist's PDS: it has to be uploaded again");
  }
  const id = await chooseId(tx, idIn(track.audioUrl, publicUrl));
  await sql`
    insert into tracks
      (id, artist_did, record_id, file_type, audio_url, created_at, title, description, duration, blob)
    overriding system value
    values (${id}, ${did}, ${recordId}, ${track.fileType}, ${audioUrl}, ${track.createdAt},
      ${said.title}, ${said.description}, ${said.duration}, ${said.blob}::jsonb)
  `.execute(tx);
}

/** The id in an address of ours; null: it isn't one. */
function idIn(audioUrl: string | undefined, publicUrl: string): number | null {
  const url = URL.parse(audioUrl ?? "");
  if (url?.origin !== new URL(publicUrl).origin) return null;
  const id = /^\/tracks\/(\d{1,10})\/audio$/.exec(url.pathname)?.[1];
  return id === undefined ? null : Number(id);
}

function blobUrl(home: string, did: string, cid: string): string {
  const query = new URLSearchParams({ did, cid });
  return new URL(`/xrpc/com.atproto.sync.getBlob?${query.toString()}`, home).href;
}

/** The id that a track had, where it is free and not far off; and sees to it that no later track is given it. */
async function chooseId(tx: Transaction<Schema>, had: number | null): Promise<number> {
  const { rows } = await sql<{ next: number }>`
    select nextval(pg_get_serial_sequence('tracks', 'id'))::integer as next
  `.execute(tx);
  const next = rows[0]?.next ?? 1;
  if (had === null || had < 1 || had > next + FURTHEST_ID) return next;
  const other = await tx.selectFrom("tracks").select("id").where("id", "=", had).executeTakeFirst();
  if (other !== undefined) return next;
  if (had > next) await sql`select setval(pg_get_serial_sequence('tracks', 'id'), ${had})`.execute(tx);
  return had;
}
