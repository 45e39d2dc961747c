import { Hono } from "hono";
import { z } from "zod";
import type { HttpEnv } from "../http/env.js";
import { Problem } from "../http/problem.js";
import { listActions } from "./actions.js";
import type { OperatorServices } from "./services.js";

const query = z.object({ limit: z.coerce.number().int().min(1).max(9_999).default(100) });

/** What operators have done. */
export function actionsRoutes({ db }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.get("/actions", async (c) => {
    const asked = query.safeParse(c.req.query());
    if (!asked.success)
      throw new Problem(422, "malformed", "limit is a whole number from 1 to 9999", "limit");
    return c.json({ actions: await listActions(db, asked.data.limit) });
  });
  return routes;
}
