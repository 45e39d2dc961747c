import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

/** A row of `records`, as its JSON is sent to the database. */
export interface SpanRow {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly start_timestamp: string;
  /** Seconds; null: it goes on. */
  readonly duration: number | null;
  readonly span_name: string;
  readonly message: string;
  readonly level: "info" | "warn" | "error";
  readonly kind: string;
  readonly did: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The attribute under which a span says whose business it is. */
export const DID = "plyr.did";
/** Attributes whose value is the same for the whole table, or has a column. */
const ELSEWHERE = new Set([DID, "service.name", "telemetry.sdk.name", "telemetry.sdk.language"]);

/** @param ended false: as far as the span has come by now */
export function rowOf(span: ReadableSpan, ended: boolean): SpanRow {
  const { traceId, spanId } = span.spanContext();
  const { [DID]: did } = span.attributes;
  const failed = span.status.code === SpanStatusCode.ERROR;
  const exceptions = span.events.flatMap(({ attributes }) => (attributes === undefined ? [] : [attributes]));
  const links = span.links.map(({ context }) => context.traceId);
  const all = { ...span.resource.attributes, ...span.attributes };
  return {
    trace_id: traceId,
    span_id: spanId,
    parent_span_id: span.parentSpanContext?.spanId ?? null,
    start_timestamp: new Date(milliseconds(span.startTime)).toISOString(),
    duration: ended ? span.duration[0] + span.duration[1] / 1e9 : null,
    span_name: span.name,
    message: failed ? `${span.name}: ${span.status.message ?? "failed"}` : span.name,
    level: failed ? "error" : span.attributes["plyr.reason"] === undefined ? "info" : "warn",
    kind: SpanKind[span.kind].toLowerCase(),
    did: typeof did === "string" ? did : null,
    attributes: {
      ...Object.fromEntries(Object.entries(all).filter(([name]) => !ELSEWHERE.has(name))),
      ...(exceptions.length === 0 ? {} : { exceptions }),
      ...(links.length === 0 ? {} : { links }),
    },
  };
}

function milliseconds([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * 1_000 + nanoseconds / 1e6;
}
