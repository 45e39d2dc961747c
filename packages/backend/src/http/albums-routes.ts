import { Hono } from "hono";
import { z } from "zod";
import type { Albums } from "../lists/albums.js";
import type { LikedListView } from "../lists/liked-view.js";
import { MOST_ITEMS } from "../records/list.js";
import { demandEmptyBody } from "./empty-body.js";
import type { HttpEnv, SignedInEnv } from "./env.js";
import { parseBody } from "./posted-body.js";
import { Problem } from "./problem.js";
import type { Doorkeeper } from "./signed-in.js";
import { parseTrackId } from "./track-id.js";

export interface AlbumsRouteOptions {
  doorkeeper: Doorkeeper;
  albums: Albums;
  likedList: (did: string) => Promise<LikedListView>;
}

const newAlbum = z.strictObject({
  title: z.string("must be text"),
  description: z.string("must be text").default(""),
});
const change = z.strictObject({
  title: z.string("must be text").optional(),
  description: z.string("must be text").optional(),
});
const id = z.int32("must be a track's number").min(1, "must be a track's number");
const order = z.strictObject({
  track_ids: z
    .array(id, "must be a list of tracks' numbers")
    .max(MOST_ITEMS, `names more than ${String(MOST_ITEMS)} tracks`),
});
const track = z.strictObject({ track_id: id });

/** Albums: everybody sees them, their owner makes and changes them. Answers come at once; the PDS follows. */
export function albumsRoutes({ doorkeeper, albums, likedList }: AlbumsRouteOptions): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get("/albums", async (c) => {
    const person = await doorkeeper.recognise(c);
    return c.json({ albums: await albums.list(person?.did) });
  });

  routes.get("/albums/:id", async (c) => {
    const person = await doorkeeper.recognise(c);
    return c.json({ album: await albums.view(parseAlbumId(c.req.param("id")), person?.did) });
  });

  routes.get("/me/liked-list", doorkeeper.demandSignedIn(), async (c) =>
    c.json(await likedList(c.get("person").did)),
  );

  routes.route("/", changingRoutes(doorkeeper, albums));
  return routes;
}

function changingRoutes(doorkeeper: Doorkeeper, albums: Albums): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();
  const signedIn = doorkeeper.demandSignedIn();

  routes.on("POST", ["/albums", "/albums/"], signedIn, async (c) => {
    const words = await parseBody(c, newAlbum);
    return c.json({ album: await albums.create(c.get("person").did, words) }, 201);
  });

  routes.patch("/albums/:id", signedIn, async (c) => {
    const albumId = parseAlbumId(c.req.param("id"));
    const { title, description } = await parseBody(c, change);
    const changes = {
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
    };
    return c.json({ album: await albums.edit(c.get("person").did, albumId, changes) });
  });

  routes.post("/albums/:id/finalize", signedIn, async (c) => {
    const albumId = parseAlbumId(c.req.param("id"));
    const { track_ids } = await parseBody(c, order);
    return c.json({ album: await albums.finalize(c.get("person").did, albumId, track_ids) });
  });

  routes.post("/albums/:id/tracks", signedIn, async (c) => {
    const albumId = parseAlbumId(c.req.param("id"));
    const { track_id } = await parseBody(c, track);
    return c.json({ album: await albums.put(c.get("person").did, albumId, track_id) });
  });

  routes.delete("/albums/:id/tracks/:track", signedIn, async (c) => {
    const albumId = parseAlbumId(c.req.param("id"));
    const trackId = parseTrackId(c.req.param("track"));
    await demandEmptyBody(c);
    return c.json({ album: await albums.takeOff(c.get("person").did, albumId, trackId) });
  });

  routes.delete("/albums/:id", signedIn, async (c) => {
    const albumId = parseAlbumId(c.req.param("id"));
    await demandEmptyBody(c);
    await albums.remove(c.get("person").did, albumId);
    return c.json({ deleted: true });
  });

  return routes;
}

const albumId = z
  .string()
  .regex(/^[1-9]\d{0,9}$/)
  .transform(Number)
  .pipe(z.int32());

/** @throws {Problem} 404 for what can't be an id: there is no such album either way */
function parseAlbumId(typed: string): number {
  const parsed = albumId.safeParse(typed);
  if (parsed.success) return parsed.data;
  throw new Problem(404, "unknown_album", `There is no album ${JSON.stringify(typed.slice(0, 80))}`);
}

/** The album in an upload's form. @throws {Problem} 422 for what can't be an id */
export function parseAlbumField(typed: string | undefined): number | undefined {
  if (typed === undefined) return undefined;
  const parsed = albumId.safeParse(typed);
  if (parsed.success) return parsed.data;
  throw new Problem(422, "malformed", "album_id must be an album's number", "album_id");
}
