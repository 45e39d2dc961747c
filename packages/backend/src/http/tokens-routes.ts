import { Hono } from "hono";
import { z } from "zod";
import { UnknownToken, type DeveloperTokens } from "../auth/developer-tokens.js";
import { demandEmptyBody } from "./empty-body.js";
import type { SignedInEnv } from "./env.js";
import { parseBody } from "./posted-body.js";
import type { Doorkeeper } from "./signed-in.js";

const DAY = 24 * 3600;

const newToken = z.strictObject({
  name: z
    .string("must be text")
    .trim()
    .min(1, "says nothing")
    .max(100, "is longer than 100 characters")
    .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name), "holds what is no text"),
  expires_in: z
    .int("must be a whole number of seconds")
    .min(60, "is less than a minute")
    .max(366 * DAY, "is more than a year")
    .default(90 * DAY),
});

/**
 * One's own developer tokens: made in a browser (a token can't make others), shown once, and listed without their secret.
 */
export function tokensRoutes(doorkeeper: Doorkeeper, tokens: DeveloperTokens): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();

  routes.post("/me/tokens", doorkeeper.demandBrowser(), async (c) => {
    const { name, expires_in: seconds } = await parseBody(c, newToken);
    c.header("cache-control", "no-store");
    return c.json(await tokens.make(c.get("person").did, { name, seconds }), 201);
  });

  routes.get("/me/tokens", doorkeeper.demandSignedIn(), async (c) =>
    c.json({ tokens: await tokens.of(c.get("person").did) }),
  );

  routes.delete("/me/tokens/:id", doorkeeper.demandSignedIn(), async (c) => {
    await demandEmptyBody(c);
    const id = z.uuid().safeParse(c.req.param("id"));
    if (!id.success) throw new UnknownToken();
    await tokens.remove(c.get("person").did, id.data);
    return c.body(null, 204);
  });

  return routes;
}
