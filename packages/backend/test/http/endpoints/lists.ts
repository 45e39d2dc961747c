import { z } from "zod";
import type { Asked } from "./asked.js";
import { everybody, ownerOnly, signedIn, type Endpoint } from "./endpoint.js";
import type { World } from "./world.js";

const made = z.object({ album: z.object({ id: z.number() }) });
let albums = 0;

function title(): string {
  albums += 1;
  return `Album ${String(albums)}`;
}

async function album(world: World): Promise<string> {
  const { album } = await world.told(made, "POST", "/albums/", { title: title() });
  return `/albums/${String(album.id)}`;
}

async function withTrack(world: World): Promise<{ path: string; trackId: number }> {
  const path = await album(world);
  const trackId = await world.track();
  await world.told(made, "POST", `${path}/tracks`, { track_id: trackId });
  return { path, trackId };
}

const words = {
  title: { kind: "text", longest: 64 },
  description: { kind: "text", longest: 5_000, optional: true, blank: true },
} as const;

/** Another title for each who asks would be needed, if two of them asked for it. */
const anAlbum = (): Asked => ({ path: "/albums/", body: { title: title() } });

export const lists: readonly Endpoint[] = [
  { route: "GET /albums", answers: everybody(200), ask: () => ({ path: "/albums" }) },
  {
    route: "POST /albums",
    answers: signedIn(201),
    ask: () => ({ ...anAlbum(), path: "/albums" }),
    fields: words,
  },
  { route: "POST /albums/", answers: signedIn(201), ask: anAlbum, fields: words },
  {
    route: "GET /albums/:id",
    answers: everybody(200),
    ask: async (world) => ({ path: await album(world) }),
  },
  {
    route: "PATCH /albums/:id",
    answers: ownerOnly(200, 403),
    ask: async (world) => ({ path: await album(world), body: { title: title() } }),
    fields: { ...words, title: { ...words.title, optional: true } },
  },
  {
    route: "POST /albums/:id/finalize",
    answers: ownerOnly(200, 403),
    ask: async (world) => {
      const { path, trackId } = await withTrack(world);
      return { path: `${path}/finalize`, body: { track_ids: [trackId] } };
    },
    fields: { track_ids: { kind: "ids", most: 500 } },
  },
  {
    route: "POST /albums/:id/tracks",
    answers: ownerOnly(200, 403),
    ask: async (world) => ({
      path: `${await album(world)}/tracks`,
      body: { track_id: await world.track() },
    }),
    fields: { track_id: { kind: "integer", least: 1, most: 2_147_483_647 } },
  },
  {
    route: "DELETE /albums/:id/tracks/:track",
    answers: ownerOnly(200, 403),
    ask: async (world) => {
      const { path, trackId } = await withTrack(world);
      return { path: `${path}/tracks/${String(trackId)}` };
    },
  },
  {
    route: "DELETE /albums/:id",
    answers: ownerOnly(200, 403),
    ask: async (world) => ({ path: await album(world) }),
  },
  { route: "GET /me/liked-list", answers: signedIn(200), ask: () => ({ path: "/me/liked-list" }) },
];
