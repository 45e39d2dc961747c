import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { RequestMonitor } from "../monitoring/for-http.js";
import { DID } from "../monitoring/span-row.js";
import { fromTraceparent } from "../tracing/traceparent.js";
import { noteError } from "../tracing/tracing.js";
import type { HttpEnv, SignedInEnv } from "./env.js";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
/** Asked by machines all day long. */
const UNTRACED = new Set(["/health", "/ready", "/metrics"]);

/**
 * A span per request, named by its route. Queries, headers and bodies are in none. A trace that a stranger says they are in
 * is linked to, not joined: nobody outside decides what is recorded here, nor under which id.
 */
export function traceRequests({ tracing, answered }: RequestMonitor): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (UNTRACED.has(c.req.path)) {
      await next();
      return;
    }
    const began = performance.now();
    const method = METHODS.has(c.req.method) ? c.req.method : "_OTHER";
    const theirs = fromTraceparent(c.req.header("traceparent"));
    const options = {
      kind: SpanKind.SERVER,
      attributes: { "http.request.method": method, "plyr.request_id": c.get("requestId") },
      ...(theirs === undefined ? {} : { links: [{ context: theirs }] }),
    };
    const startTime = Date.now();
    await tracing.within(
      method,
      options,
      async (span) => {
        await next();
        const { status } = c.res;
        const route = routeOf(c);
        const facts = { "http.route": route, "http.response.status_code": status };
        const failed = status >= 500;
        answered({ method, route, status, ms: performance.now() - began });
        if (span === undefined) {
          if (!failed) return;
          const attributes = { ...options.attributes, ...facts };
          const error = c.error ?? `answered ${String(status)}`;
          tracing.noteFailure(`${method} ${route}`, { ...options, attributes, startTime }, error, NEW);
          return;
        }
        span.updateName(`${method} ${route}`);
        span.setAttributes(facts);
        const did = personOf(c.var);
        if (did !== undefined) span.setAttribute(DID, did);
        if (!failed) return;
        if (c.error === undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: String(status) });
        else noteError(span, c.error);
      },
      { parent: NEW },
    );
  };
}

const NEW = { carried: undefined };

/** What isn't a route of ours is one for all: paths are strangers' choice. */
function routeOf(c: Context<HttpEnv>): string {
  // What is for many paths (checks before, pages behind) matches, too.
  return matchedRoutes(c).findLast(({ path }) => !path.endsWith("*"))?.path ?? "/*";
}

function personOf(left: Partial<SignedInEnv["Variables"]>): string | undefined {
  return left.person?.did;
}
