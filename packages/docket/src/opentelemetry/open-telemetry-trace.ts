import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Meter,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import type { Trace, TracedAdded, TracedAdding, TracedEnd, TracedRun } from "../trace.js";
import { Durations } from "./durations.js";
import { spanContextOf, traceparentOf } from "./traceparent.js";

export interface OpenTelemetryTraceOptions {
  readonly tracer: Tracer;
  /** Where durations and counts of adds and runs go; without it only spans are made. */
  readonly meter?: Meter;
}

/**
 * Has adds and runs be spans, named and described by the semantic conventions for messaging: `send TASK` where tasks are added,
 * `process TASK` for each delivery that runs, a child of the former and linked to it, over delays, retries and processes. What a
 * handler does while it runs is below its span, given a context manager. Neither payloads nor keys are in a span.
 *
 * For `Docket.open({ trace })`.
 */
export function openTelemetryTrace(options: OpenTelemetryTraceOptions): Trace {
  return new OpenTelemetryTrace(options);
}

class OpenTelemetryTrace implements Trace {
  readonly #tracer: Tracer;
  readonly #durations: Durations | undefined;

  constructor({ tracer, meter }: OpenTelemetryTraceOptions) {
    this.#tracer = tracer;
    this.#durations = meter === undefined ? undefined : new Durations(meter);
  }

  carried(): string | undefined {
    const span = trace.getSpanContext(context.active());
    return span !== undefined && trace.isSpanContextValid(span) ? traceparentOf(span) : undefined;
  }

  add<T extends TracedAdded | readonly TracedAdded[]>(
    { task, count }: TracedAdding,
    work: () => Promise<T>,
  ): Promise<T> {
    const about = described("send", task);
    const many = count === 1 ? {} : { "messaging.batch.message_count": count };
    const options = { kind: SpanKind.PRODUCER, attributes: { ...about, ...many } };
    return this.#tracer.startActiveSpan(`send ${task}`, options, async (span) => {
      const began = performance.now();
      try {
        const added = await work();
        if ("id" in added) span.setAttribute("messaging.message.id", added.id);
        this.#durations?.sent(about, count, performance.now() - began);
        return added;
      } catch (error) {
        const failed = { ...about, ...fail(span, error) };
        this.#durations?.sent(failed, count, performance.now() - began);
        throw error;
      } finally {
        span.end();
      }
    });
  }

  run<T extends TracedEnd>(run: TracedRun, work: () => Promise<T>): Promise<T> {
    const about = described("process", run.task);
    const creation = spanContextOf(run.carried);
    const here = context.active();
    const parent = creation === undefined ? trace.deleteSpan(here) : trace.setSpanContext(here, creation);
    const options = {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...about,
        "messaging.message.id": run.id,
        "messaging.client.id": run.worker,
        "docket.attempt": run.attempt,
        "docket.delivery": run.delivery,
        "docket.wait_ms": Math.round(run.waitMs),
      },
      links: creation === undefined ? [] : [{ context: creation }],
    };
    return this.#tracer.startActiveSpan(`process ${run.task}`, options, parent, async (span) => {
      const began = performance.now();
      const end = await work();
      span.setAttribute("docket.outcome", end.outcome);
      const failed = end.outcome === "retry" || end.outcome === "dead" ? fail(span, end.error) : {};
      span.end();
      this.#durations?.processed({ ...about, ...failed }, performance.now() - began);
      return end;
    });
  }
}

function described(operation: "send" | "process", task: string): Attributes {
  return {
    "messaging.system": "docket",
    "messaging.destination.name": task,
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
  };
}

/** Notes on a span what failed; returns how it is classed. */
function fail(span: Span, error: unknown): Attributes {
  const failure = error instanceof Error ? error : new Error(String(error));
  const type = { "error.type": error instanceof Error ? error.name : "_OTHER" };
  span.setAttributes(type);
  span.recordException(failure);
  span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
  return type;
}
