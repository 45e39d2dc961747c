import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { HttpEnv } from "../http/env.js";
import { noteActions } from "./actions.js";
import { adoptionRoutes } from "./adoption-routes.js";
import { alertsRoutes } from "./alerts-routes.js";
import { actionsRoutes } from "./actions-routes.js";
import { auditRoutes } from "./audit-routes.js";
import { catalogueRoutes } from "./catalogue-routes.js";
import { scansRoutes } from "./scans-routes.js";
import { deadRoutes } from "./dead-routes.js";
import { intentsRoutes } from "./intents-routes.js";
import { pausesRoutes } from "./pauses-routes.js";
import { costRoutes } from "./cost-routes.js";
import type { OperatorServices } from "./services.js";
import { strikesRoutes } from "./strikes-routes.js";
import { sqlRoutes } from "./sql-routes.js";
import { statusRoutes } from "./status-routes.js";
import { tasksRoutes } from "./tasks-routes.js";

/** What operators send is at most this long, in bytes; longer things they send in parts. */
const LARGEST_BODY = 8 * 1024 * 1024;

/** Each group of routes, once. */
const groups: readonly ((services: OperatorServices) => Hono<HttpEnv>)[] = [
  statusRoutes,
  auditRoutes,
  adoptionRoutes,
  catalogueRoutes,
  scansRoutes,
  deadRoutes,
  strikesRoutes,
  pausesRoutes,
  tasksRoutes,
  intentsRoutes,
  actionsRoutes,
  alertsRoutes,
  costRoutes,
  sqlRoutes,
];

/**
 * What operators may do. Who asks has been looked at before: these run over a socket that only the operator's account on
 * this machine can open, in the process of the operator's command, or behind `adminRoutes`.
 */
export function operatorRoutes(services: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.use(bodyLimit({ maxSize: LARGEST_BODY }), noteActions(services.db));
  for (const group of groups) routes.route("/", group(services));
  return routes;
}
