import { Hono } from "hono";
import type { TakenDown } from "../scans/scan-state.js";
import type { SignedInEnv } from "./env.js";
import type { Doorkeeper } from "./signed-in.js";

/** What the operator has taken down of one's own, and why. */
export function takenDownRoutes(
  doorkeeper: Doorkeeper,
  takenDown: (did: string) => Promise<TakenDown[]>,
): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();
  routes.get("/tracks/taken-down", doorkeeper.demandSignedIn(), async (c) =>
    c.json({ takenDown: await takenDown(c.get("person").did) }),
  );
  return routes;
}
