import { Hono } from "hono";
import type { Likes } from "../likes/likes.js";
import type { ScanState } from "../scans/scan-state.js";
import type { ListedTrack } from "../tracks/list-tracks.js";
import type { HttpEnv } from "./env.js";
import type { Doorkeeper } from "./signed-in.js";

export interface TracksRouteOptions {
  doorkeeper: Doorkeeper;
  /** @param viewer who asks; null: anybody */
  listTracks: (viewer: string | null) => Promise<ListedTrack[]>;
  likes: Likes;
  /** What scans of somebody's own tracks have found, by track. */
  scansOf: (did: string) => Promise<ReadonlyMap<number, ScanState>>;
}

/**
 * The tracks, each with the like of whoever asks (null when nobody is signed in), and their own with how their record
 * stands and what its scan has found (`own`, null for others').
 */
export function tracksRoutes({ doorkeeper, listTracks, likes, scansOf }: TracksRouteOptions): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.get("/tracks", async (c) => {
    const person = await doorkeeper.recognise(c);
    const tracks = await listTracks(person?.did ?? null);
    const states =
      person &&
      (await likes.states(
        person.did,
        tracks.map((track) => track.id),
      ));
    const scans = person && (await scansOf(person.did));
    return c.json({
      tracks: tracks.map(({ write, ...track }) => ({
        ...track,
        like: states?.get(track.id) ?? null,
        own: person?.did === track.artist.did ? { write, scan: scans?.get(track.id) ?? null } : null,
      })),
    });
  });
  return routes;
}
