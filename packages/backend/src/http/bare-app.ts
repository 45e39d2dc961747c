import { Hono } from "hono";
import { requestId } from "hono/request-id";
import type { Logger } from "pino";
import type { RequestMonitor } from "../monitoring/for-http.js";
import type { HttpEnv } from "./env.js";
import { answerError, Problem } from "./problem.js";
import { logRequests } from "./request-log.js";
import { traceRequests } from "./request-trace.js";

/** What every HTTP surface begins with: ids and log lines for requests, and answers for what went wrong. */
export function bareApp(log: Logger, monitor?: RequestMonitor): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(requestId());
  if (monitor !== undefined) app.use(traceRequests(monitor));
  app.use(logRequests(log));
  app.onError((error, c) => answerError(error, c, log));
  app.notFound((c) =>
    answerError(new Problem(404, "not_found", `There is nothing at ${c.req.path.slice(0, 80)}`), c, log),
  );
  return app;
}
