import { Hono } from "hono";
import { z } from "zod";
import { UnknownWrite } from "../waiting/refusals.js";
import type { WaitingWrites } from "../waiting/waiting.js";
import { demandEmptyBody } from "./empty-body.js";
import type { SignedInEnv } from "./env.js";
import type { Doorkeeper } from "./signed-in.js";

/** What of one's own is not on one's PDS yet, each with why; and cancelling it. */
export function waitingRoutes(doorkeeper: Doorkeeper, waiting: WaitingWrites): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();

  routes.get("/me/waiting", doorkeeper.demandSignedIn(), async (c) =>
    c.json(await waiting.of(c.get("person").did)),
  );

  routes.delete("/me/waiting/:id", doorkeeper.demandSignedIn(), async (c) => {
    await demandEmptyBody(c);
    const id = z.uuid().safeParse(c.req.param("id"));
    if (!id.success) throw new UnknownWrite();
    await waiting.cancel(c.get("person").did, id.data);
    return c.body(null, 204);
  });

  return routes;
}
