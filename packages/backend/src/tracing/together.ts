import { SpanKind } from "@opentelemetry/api";
import { fromTraceparent } from "./traceparent.js";
import type { Tracing } from "./tracing.js";

/**
 * What is done for several at once, each accepted in a trace of its own.
 *
 * @param carried the `traceparent` of each, null where it was in none
 */
export type Together = <T>(carried: readonly (string | null)[], work: () => Promise<T>) => Promise<T>;

export const untracedTogether: Together = (_carried, work) => work();

/** As a span of the run that does it, with a link to each of their traces: it can be in one only. */
export function tracedTogether(tracing: Tracing): Together {
  return (carried, work) => {
    if (carried.length === 0 || !tracing.recording) return work();
    const found = carried.map((text) => fromTraceparent(text ?? undefined));
    const links = found.flatMap((context) => (context === undefined ? [] : [{ context }]));
    const attributes = { "plyr.intents": carried.length };
    return tracing.within("PDS records in one request", { kind: SpanKind.INTERNAL, attributes, links }, () =>
      work(),
    );
  };
}
