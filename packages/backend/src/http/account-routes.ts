import { Hono } from "hono";
import { z } from "zod";
import type { Departures } from "../people/departures.js";
import type { Cookies } from "./cookies.js";
import type { SignedInEnv } from "./env.js";
import { parseBody } from "./posted-body.js";
import { Problem } from "./problem.js";
import type { Doorkeeper } from "./signed-in.js";

export interface AccountRouteOptions {
  doorkeeper: Doorkeeper;
  departures: Departures;
  cookies: Cookies;
}

const leaving = z.strictObject({
  confirm: z.string("must be your handle"),
  records: z.enum(["keep", "remove"], 'must be "keep" or "remove"'),
});

/** Deleting one's account here, in a browser only; and how far that has got, for who has its ticket. */
export function accountRoutes({ doorkeeper, departures, cookies }: AccountRouteOptions): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();

  routes.delete("/me", doorkeeper.demandBrowser(), async (c) => {
    const { did, handle } = c.get("person");
    const { confirm, records } = await parseBody(c, leaving);
    if (confirm.trim().replace(/^@/, "").toLowerCase() !== handle.toLowerCase()) {
      throw new Problem(422, "malformed", `confirm: must be your handle, ${handle}`, "confirm");
    }
    const ticket = await departures.begin(did, records);
    cookies.clearSession(c);
    return c.json({ departure: { ticket } }, 202);
  });

  // The ticket is random, and the only thing that a browser which has been signed out still has.
  routes.get("/departures/:ticket", async (c) => {
    const ticket = z.uuid().safeParse(c.req.param("ticket"));
    const departure = ticket.success ? await departures.find(ticket.data) : undefined;
    if (departure === undefined) {
      throw new Problem(404, "unknown_departure", "Nothing is being deleted under this ticket (any more)");
    }
    return c.json({ departure });
  });

  return routes;
}
