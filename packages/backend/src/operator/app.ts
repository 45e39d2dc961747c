import type { Hono } from "hono";
import { bareApp } from "../http/bare-app.js";
import type { HttpEnv } from "../http/env.js";
import { operatorRoutes } from "./routes.js";
import type { OperatorServices } from "./services.js";

/** The operators' routes under the paths that they have everywhere, for whoever can reach this app. */
export function openOperatorApp(services: OperatorServices): Hono<HttpEnv> {
  const app = bareApp(services.log);
  app.route("/operator", operatorRoutes(services));
  return app;
}
