import { Hono } from "hono";
import { z } from "zod";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { Problem } from "../http/problem.js";
import type { OperatorServices } from "./services.js";

const because = z.strictObject({ because: z.string().trim().min(1).max(500) });

/** What was accepted and is not carried out yet. */
export function intentsRoutes({ background }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.post("/intents/:id/cancel", async (c) => {
    const id = c.req.param("id");
    const { because: why } = await parseBody(c, because);
    const known = z.uuid().safeParse(id).success;
    if (!known || !(await background.giveUp(id, `Cancelled by the operator: ${why}`)))
      throw new Problem(404, "not_open", `nothing open is named ${id.slice(0, 80)}`);
    return c.json({ cancelled: id });
  });
  return routes;
}
