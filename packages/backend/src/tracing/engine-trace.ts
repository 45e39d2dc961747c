import { SpanKind, SpanStatusCode, type Span } from "@opentelemetry/api";
import type { Trace, TracedEnd, TracedRun } from "@plyr/docket";
import { z } from "zod";
import type { Json } from "../database/json.js";
import { describeError } from "../telemetry/log.js";
import { personIn, wordsFor } from "./span-names.js";
import { noteError, type Tracing } from "./tracing.js";

const json: z.ZodType<Json> = z.json();

/** How the queue's runs become spans: one per delivery, in the trace of what asked for it. */
export class EngineTrace implements Trace {
  readonly #tracing: Tracing;
  readonly #ended: (run: TracedRun, end: TracedEnd, ms: number) => void;

  /** @param ended told of every run, recorded or not */
  constructor(
    tracing: Tracing,
    ended: (run: TracedRun, end: TracedEnd, ms: number) => void = () => undefined,
  ) {
    this.#tracing = tracing;
    this.#ended = ended;
  }

  carried(): string | undefined {
    return this.#tracing.carried();
  }

  async run<T extends TracedEnd>(run: TracedRun, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const startTime = Date.now();
    const recorded = this.#tracing.decides(run.carried);
    const end = recorded ? await this.#recorded(run, work) : await work();
    this.#ended(run, end, performance.now() - began);
    if (!recorded && isFailure(end)) {
      const { name, attributes, person } = described(run);
      const options = { kind: SpanKind.CONSUMER, attributes: { ...attributes, ...outcome(end) }, startTime };
      this.#tracing.noteFailure(name, options, end.error, { carried: run.carried }, person);
    }
    return end;
  }

  #recorded<T extends TracedEnd>(run: TracedRun, work: () => Promise<T>): Promise<T> {
    const { name, attributes, person } = described(run);
    return this.#tracing.within(
      name,
      { kind: SpanKind.CONSUMER, attributes },
      async (span) => {
        const end = await work();
        if (span !== undefined) tell(span, end);
        return end;
      },
      { parent: { carried: run.carried }, person, decided: true },
    );
  }
}

function tell(span: Span, end: TracedEnd): void {
  span.setAttributes(outcome(end));
  if (isFailure(end)) noteError(span, end.error);
  // Put off, handed back or lost: nothing has failed, and it goes on elsewhere or later.
  else if (end.outcome !== "done") {
    span.setStatus({ code: SpanStatusCode.UNSET });
    if (end.error !== undefined) span.setAttribute("plyr.reason", describeError(end.error).message);
  } else span.setStatus({ code: SpanStatusCode.OK });
}

function isFailure({ outcome, error }: TracedEnd): boolean {
  return error !== undefined && (outcome === "retry" || outcome === "dead");
}

function outcome({ outcome: came }: TracedEnd): Record<string, string> {
  return { "plyr.outcome": came };
}

/** Names by the semantic conventions of messaging, where they have one. */
function described(run: TracedRun) {
  const read = json.safeParse(parsed(run.payload));
  const payload = read.success ? read.data : null;
  return {
    name: wordsFor(run.task, payload),
    person: personIn(payload),
    attributes: {
      "messaging.system": "docket",
      "messaging.operation.type": "process",
      "messaging.operation.name": "run",
      "messaging.destination.name": run.task,
      "messaging.message.id": run.id,
      "plyr.task": run.task,
      "plyr.task.id": run.id,
      ...(run.key === undefined ? {} : { "plyr.intent": run.key }),
      "plyr.attempt": run.attempt,
      "plyr.delivery": run.delivery,
      "plyr.wait_ms": Math.round(run.waitMs),
      "plyr.worker": run.worker,
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
