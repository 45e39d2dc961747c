import type { MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import type { HttpEnv } from "./env.js";

/** One line per request. The query is left out: the OAuth callback's holds a code. Reads that went well are `debug`. */
export function logRequests(log: Logger): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const began = performance.now();
    await next();
    const line = {
      requestId: c.get("requestId"),
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(performance.now() - began),
    };
    const isQuiet = c.req.method === "GET" && c.res.status < 400 && !c.req.path.startsWith("/auth/");
    if (isQuiet) log.debug(line, "request");
    else log.info(line, "request");
  };
}
