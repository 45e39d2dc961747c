import { Hono } from "hono";
import type { HealthReport } from "../telemetry/health.js";
import type { HttpEnv } from "./env.js";

/** 200 as long as the process lives; what is degraded stands in the answer. */
export function healthRoutes(report: () => Promise<HealthReport>): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.get("/health", async (c) => c.json(await report(), 200, { "cache-control": "no-store" }));
  return routes;
}
