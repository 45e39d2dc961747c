import { Hono } from "hono";
import { listAlerts } from "../alerts/alerts.js";
import type { HttpEnv } from "../http/env.js";
import type { OperatorServices } from "./services.js";

/** What the operator was told is wrong, and what has passed. */
export function alertsRoutes({ db }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.get("/alerts", async (c) => c.json({ alerts: await listAlerts(db) }));
  return routes;
}
