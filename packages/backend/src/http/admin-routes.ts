import { Hono, type MiddlewareHandler } from "hono";
import { operatorRoutes } from "../operator/routes.js";
import type { OperatorServices } from "../operator/services.js";
import { statusRoutes } from "../operator/status-routes.js";
import type { HttpEnv, SignedInEnv } from "./env.js";
import { Problem } from "./problem.js";
import type { Doorkeeper } from "./signed-in.js";

export interface AdminRouteOptions {
  doorkeeper: Doorkeeper;
  /** Who may. */
  adminDids: readonly string[];
  operator: OperatorServices;
}

/** The status, where programs that watch services look for it. */
export function adminStatusRoutes(options: AdminRouteOptions): Hono<SignedInEnv> {
  return forAdmins(options, statusRoutes(options.operator));
}

/** What operators do from their shell, for the people whom they named, over HTTP. */
export function adminRoutes(options: AdminRouteOptions): Hono<SignedInEnv> {
  return forAdmins(options, operatorRoutes(options.operator));
}

function forAdmins({ doorkeeper, adminDids }: AdminRouteOptions, theirs: Hono<HttpEnv>): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();
  routes.use(doorkeeper.demandSignedIn(), demandAdmin(new Set(adminDids)));
  routes.route("/", theirs);
  return routes;
}

function demandAdmin(admins: ReadonlySet<string>): MiddlewareHandler<SignedInEnv> {
  return async (c, next) => {
    if (!admins.has(c.get("person").did)) {
      throw new Problem(403, "not_an_operator", "This is for the operators of the service (ADMIN_DIDS)");
    }
    c.set("operator", c.get("person").did);
    await next();
  };
}
