import { Hono } from "hono";
import type { Likes } from "../likes/likes.js";
import { demandEmptyBody } from "./empty-body.js";
import type { SignedInEnv } from "./env.js";
import type { Doorkeeper } from "./signed-in.js";
import { parseTrackId } from "./track-id.js";

/** Liking, unliking, and what became of it. All three answer `{liked, write}` at once; the PDS follows. */
export function likesRoutes(doorkeeper: Doorkeeper, likes: Likes): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();
  const path = "/tracks/:id/like";
  routes.use(path, doorkeeper.demandSignedIn());

  routes.get(path, async (c) =>
    c.json(await likes.state(c.get("person").did, parseTrackId(c.req.param("id")))),
  );

  routes.post(path, async (c) => {
    await demandEmptyBody(c);
    return c.json(await likes.like(c.get("person").did, parseTrackId(c.req.param("id"))));
  });

  routes.delete(path, async (c) => {
    await demandEmptyBody(c);
    return c.json(await likes.unlike(c.get("person").did, parseTrackId(c.req.param("id"))));
  });

  return routes;
}
