import { milliseconds } from "@plyr/docket";
import { Hono } from "hono";
import { z } from "zod";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { Problem } from "../http/problem.js";
import { pauseByOperator, resumeByOperator, UNTIL_RESUMED } from "../pds/operator-pauses.js";
import type { OperatorServices } from "./services.js";

const named = z.strictObject({
  scope: z.enum(["person", "host"]),
  /** A DID; or a host, with its port where that is not the usual one. */
  name: z.string().trim().min(1).max(300),
});
const paused = z.strictObject({
  ...named.shape,
  because: z.string().trim().min(1).max(500),
  /** Unset: until it is resumed. */
  for: z.templateLiteral([z.int().positive(), z.enum(["s", "m", "h", "d"])]).optional(),
});

/** For whom, or to whom, nothing is sent because an operator says so. */
export function pausesRoutes({ db, background }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.post("/pauses", async (c) => {
    const { scope, name, because, for: length } = await parseBody(c, paused);
    const ms = length === undefined ? UNTIL_RESUMED : milliseconds(length, "the length of a pause");
    const hold = await pauseByOperator(db, scope, name, Math.min(ms, UNTIL_RESUMED), because);
    await background.tellHold(hold);
    return c.json({ scope, name, until: hold.until.toISOString(), reason: hold.reason });
  });

  routes.post("/pauses/resume", async (c) => {
    const { scope, name } = await parseBody(c, named);
    if (!(await resumeByOperator(db, scope, name)))
      throw new Problem(404, "not_paused", `no operator has paused the ${scope} ${name}`, "name");
    return c.json({ scope, name });
  });

  return routes;
}
