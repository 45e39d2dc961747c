import { SpanKind } from "@opentelemetry/api";
import type { LogEvent } from "kysely";
import type { Tracing } from "../tracing/tracing.js";

/** Queries as spans, on a server and embedded alike. Their text has no parameters in it. */
export function traceQueries(tracing: Tracing): (event: LogEvent) => void {
  return (event) => {
    if (!tracing.recording) return;
    const text = event.query.sql.replaceAll(/\s+/g, " ").trim();
    const operation = /^\w+/.exec(text)?.[0].toLowerCase() ?? "query";
    const attributes = {
      "db.system.name": "postgresql",
      "db.operation.name": operation,
      "db.query.text": text,
    };
    const startTime = Date.now() - event.queryDurationMillis;
    tracing.note(operation, { kind: SpanKind.CLIENT, attributes, startTime }, errorOf(event));
  };
}

function errorOf(event: LogEvent): unknown {
  return event.level === "error" ? event.error : undefined;
}
