import { Hono } from "hono";
import type { Likes } from "../likes/likes.js";
import type { ListedTrack } from "../tracks/list-tracks.js";
import type { HttpEnv } from "./env.js";
import type { Doorkeeper } from "./signed-in.js";

export interface TracksRouteOptions {
  doorkeeper: Doorkeeper;
  listTracks: () => Promise<ListedTrack[]>;
  likes: Likes;
}

/** The tracks, each with the like of whoever asks (null when nobody is signed in). */
export function tracksRoutes({ doorkeeper, listTracks, likes }: TracksRouteOptions): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.get("/tracks", async (c) => {
    const [person, tracks] = await Promise.all([doorkeeper.recognise(c), listTracks()]);
    const states =
      person &&
      (await likes.states(
        person.did,
        tracks.map((track) => track.id),
      ));
    return c.json({ tracks: tracks.map((track) => ({ ...track, like: states?.get(track.id) ?? null })) });
  });
  return routes;
}
