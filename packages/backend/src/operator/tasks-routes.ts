import { InvalidPayload } from "@plyr/docket";
import { Hono } from "hono";
import { z } from "zod";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { Problem } from "../http/problem.js";
import type { OperatorServices } from "./services.js";

const scheduled = z.strictObject({ payload: z.json() });

/** Has a task of the service carried out, as if the service had asked for it. */
export function tasksRoutes({ background, registry }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.post("/tasks/:task/schedule", async (c) => {
    const name = c.req.param("task");
    const { payload } = await parseBody(c, scheduled);
    const known = registry.find(({ task }) => task.name === name);
    if (known === undefined) {
      const names = registry.map(({ task }) => task.name).join(", ");
      throw new Problem(404, "unknown_task", `no task is named ${name.slice(0, 80)}; there are ${names}`);
    }
    try {
      return c.json({ intent: await background.outbox.schedule(known.task, payload) });
    } catch (error) {
      if (error instanceof InvalidPayload) throw new Problem(422, "malformed", error.message, "payload");
      throw error;
    }
  });
  return routes;
}
