import { Hono, type MiddlewareHandler } from "hono";
import { operatorRoutes } from "../operator/routes.js";
import type { OperatorServices } from "../operator/services.js";
import type { SignedInEnv } from "./env.js";
import { Problem } from "./problem.js";
import type { Doorkeeper } from "./signed-in.js";

export interface AdminRouteOptions {
  doorkeeper: Doorkeeper;
  /** Who may. */
  adminDids: readonly string[];
  operator: OperatorServices;
}

/** What operators do from their shell, for the people whom they named, over HTTP. */
export function adminRoutes({ doorkeeper, adminDids, operator }: AdminRouteOptions): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();
  routes.use(doorkeeper.demandSignedIn(), demandAdmin(new Set(adminDids)));
  routes.route("/", operatorRoutes(operator));
  return routes;
}

function demandAdmin(admins: ReadonlySet<string>): MiddlewareHandler<SignedInEnv> {
  return async (c, next) => {
    if (!admins.has(c.get("person").did)) {
      throw new Problem(403, "not_an_operator", "This is for the operators of the service (ADMIN_DIDS)");
    }
    await next();
  };
}
