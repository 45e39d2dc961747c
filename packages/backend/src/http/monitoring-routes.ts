import { createHash, timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import type { HttpMonitoring } from "../monitoring/for-http.js";
import type { HttpEnv } from "./env.js";
import { Problem } from "./problem.js";

/** What balancers and collectors ask. */
export function monitoringRoutes({ ready, metrics, metricsToken }: HttpMonitoring): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.get("/ready", (c) => {
    const isReady = ready();
    return c.json({ ready: isReady }, isReady ? 200 : 503, { "cache-control": "no-store" });
  });
  routes.get("/metrics", async (c) => {
    if (metricsToken === undefined)
      throw new Problem(
        404,
        "no_metrics",
        "Metrics are told to who has METRICS_TOKEN, which is not set here",
      );
    if (!isSame(c.req.header("authorization") ?? "", `Bearer ${metricsToken}`))
      throw new Problem(401, "metrics_token", "Send METRICS_TOKEN as Authorization: Bearer");
    return c.text(await metrics(), 200, { "cache-control": "no-store" });
  });
  return routes;
}

/** In a time that tells nothing of where they differ. */
function isSame(left: string, right: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(left), hash(right));
}
