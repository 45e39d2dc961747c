import { Hono } from "hono";
import type { HttpEnv } from "../http/env.js";
import type { OperatorServices } from "./services.js";
import { readStatus } from "./status.js";

/** How much there is to do, and how it is being done. */
export function statusRoutes({ db, background }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.get("/status", async (c) => {
    const [status, docket] = await Promise.all([readStatus(db), background.health()]);
    return c.json({ ...status, docket: { mode: docket.mode } });
  });
  return routes;
}
