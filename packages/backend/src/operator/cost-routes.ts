import { Hono } from "hono";
import { readCost } from "../costs/cost.js";
import type { HttpEnv } from "../http/env.js";
import type { OperatorServices } from "./services.js";

/** What Redis is sent, and what that comes to. */
export function costRoutes({ db, budget }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.get("/cost", async (c) => c.json(await readCost(db, budget)));
  return routes;
}
