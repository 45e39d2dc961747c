import type { Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import type { TealCollections } from "../records/collections.js";
import { writeState, type WriteState } from "../records/write-state.js";

/** A play that became a record, as its listener sees it. */
export interface ScrobbleView {
  readonly trackName: string;
  readonly artist: string;
  /** ISO 8601. */
  readonly playedTime: string;
  readonly write: WriteState;
}

const MOST = 20;

const heard = z.object({
  trackName: z.string(),
  artists: z.array(z.object({ artistName: z.string() })),
  playedTime: z.string(),
});

/** A person's newest scrobbles, 20 at most. */
export async function scrobblesOf(
  db: Kysely<Schema>,
  teal: TealCollections,
  did: string,
): Promise<ScrobbleView[]> {
  const rows = await db
    .selectFrom("pds_records")
    .select(["did", "collection", "rkey", "state", "reason", "state_since", "wish"])
    .where("did", "=", did)
    .where("collection", "=", teal.play)
    .where("wish", "is not", null)
    // It is made of the time.
    .orderBy("rkey", "desc")
    .limit(MOST)
    .execute();
  return rows.map((row) => {
    const { trackName, artists, playedTime } = heard.parse(row.wish);
    const artist = artists.map(({ artistName }) => artistName).join(", ");
    return { trackName, artist, playedTime, write: writeState(row) };
  });
}
