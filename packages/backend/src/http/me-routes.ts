import { Hono } from "hono";
import type { LostGrant } from "../auth/grant-store.js";
import type { SignedInEnv } from "./env.js";
import type { Doorkeeper } from "./signed-in.js";

export interface MeRouteOptions {
  doorkeeper: Doorkeeper;
  lostGrant: (did: string) => Promise<LostGrant | null>;
  /** How many of a person's writes are not on their PDS yet. */
  countUnsettled: (did: string) => Promise<number>;
}

/** Who is signed in, and whether something of theirs waits. */
export function meRoutes({ doorkeeper, lostGrant, countUnsettled }: MeRouteOptions): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();
  routes.get("/me", doorkeeper.demandSignedIn(), async (c) => {
    const { did, handle } = c.get("person");
    const [needsSignIn, waiting] = await Promise.all([lostGrant(did), countUnsettled(did)]);
    return c.json({ did, handle, needsSignIn, waiting });
  });
  return routes;
}
