import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  SamplingDecision,
  type Sampler,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { describeError } from "../telemetry/log.js";
import { TraceBudget } from "./budget.js";
import { fromTraceparent, toTraceparent } from "./traceparent.js";

export interface TracingOptions {
  /** What every span says of the process. */
  readonly resource: Attributes;
  /** Traces that this process may begin in a second; 0: only what fails is recorded. */
  readonly perSecond: number;
  /** Where spans go. */
  readonly processors: readonly SpanProcessor[];
}

/** Where a span belongs: in the trace that is going on (undefined), in one that was carried here, or in none yet. */
export type Parent = { readonly carried: string | undefined } | undefined;

export interface Place {
  readonly parent?: Parent;
  /** Whose business it is: a DID; also that of all spans below. */
  readonly person?: string | undefined;
  /** `decides` was asked, and said yes. */
  readonly decided?: boolean;
}

/** Which service's tracing the code that runs now belongs to, and whether a span is to be recorded. */
const OWNER = createContextKey("plyr tracing");
const RECORDED = createContextKey("plyr span is recorded");
const PERSON = createContextKey("plyr person");

const MOST_LETTERS = 2_000;
/** A batch carries 300 intents at most. */
const MOST_LINKS = 300;

/**
 * Records what the service does as spans. The choice is made where a trace begins: a process may begin so many a second,
 * and what belongs to one that was begun belongs to it to its end. What fails is recorded in any case.
 */
export class Tracing {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;
  readonly #budget: TraceBudget;

  constructor({ resource, perSecond, processors }: TracingOptions) {
    // One per process, whoever asks: it only hands down what is current, and holds nothing of ours.
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    this.#budget = new TraceBudget(perSecond);
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes(resource),
      sampler: asDecided,
      spanProcessors: [...processors],
      spanLimits: {
        attributeValueLengthLimit: MOST_LETTERS,
        attributeCountLimit: 64,
        eventCountLimit: 16,
        linkCountLimit: MOST_LINKS,
      },
    });
    this.#tracer = this.#provider.getTracer("plyr");
  }

  get provider(): BasicTracerProvider {
    return this.#provider;
  }

  /** Traces that this process has not begun, because it had begun so many. */
  get unbegun(): number {
    return this.#budget.refused;
  }

  /** Whether the code that runs now is part of a recorded trace of this service. */
  get recording(): boolean {
    return context.active().getValue(OWNER) === this && trace.getActiveSpan()?.isRecording() === true;
  }

  /** What goes along with work that is accepted here and now; undefined when it isn't traced. */
  carried(): string | undefined {
    const span = this.recording ? trace.getActiveSpan() : undefined;
    return span === undefined ? undefined : toTraceparent(span.spanContext());
  }

  /**
   * Runs `work` within a span. It is given the span, or undefined when this isn't recorded. What it throws is recorded, and
   * thrown on.
   */
  async within<T>(
    name: string,
    options: SpanOptions,
    work: (span: Span | undefined) => Promise<T>,
    { parent, person, decided = false }: Place = {},
  ): Promise<T> {
    const above = this.#contextOf(parent, person);
    const startTime = Date.now();
    const span =
      decided || this.#decide(above)
        ? this.#tracer.startSpan(name, { ...options, startTime }, above.setValue(RECORDED, true))
        : undefined;
    const below = span === undefined ? context.active() : trace.setSpan(above, span);
    try {
      return await context.with(below, () => work(span));
    } catch (error) {
      if (span === undefined) this.#failed(name, { ...options, startTime }, error, above);
      else noteError(span, error);
      throw error;
    } finally {
      span?.end();
    }
  }

  /** Begins a span under the one that is current. To be asked only where `recording`; whoever begins it ends it. */
  begin(name: string, options: SpanOptions): Span {
    return this.#tracer.startSpan(name, options, context.active().setValue(RECORDED, true));
  }

  /** Records what has happened, under the span that is current. Without effect where none is. */
  note(name: string, options: SpanOptions, error?: unknown): void {
    if (!this.recording) return;
    const span = this.begin(name, options);
    if (error !== undefined) noteError(span, error);
    span.end();
  }

  /** Records a failure, whether or not what it happened in is recorded. */
  noteFailure(name: string, options: SpanOptions, error: unknown, parent: Parent, person?: string): void {
    this.#failed(name, options, error, this.#contextOf(parent, person));
  }

  /** Whether a run that carries this is recorded; a run that carries nothing may begin a trace. */
  decides(carried: string | undefined): boolean {
    const from = fromTraceparent(carried);
    return from === undefined ? this.#budget.take() : isSampled(from);
  }

  async stop(): Promise<void> {
    await this.#provider.shutdown();
  }

  #failed(name: string, options: SpanOptions, error: unknown, above: Context): void {
    const span = this.#tracer.startSpan(name, options, above.setValue(RECORDED, true));
    noteError(span, error);
    span.end();
  }

  #decide(above: Context): boolean {
    const from = trace.getSpanContext(above);
    return from === undefined ? this.#budget.take() : isSampled(from);
  }

  #contextOf(parent: Parent, person: string | undefined): Context {
    const active = context.active();
    let above = (active.getValue(OWNER) === this ? active : ROOT_CONTEXT).setValue(OWNER, this);
    if (parent !== undefined) {
      const from = fromTraceparent(parent.carried);
      above = from === undefined ? trace.deleteSpan(above) : trace.setSpanContext(above, from);
    }
    return person === undefined ? above : above.setValue(PERSON, person);
  }
}

/** The person whose business is being done. */
export function personOf(within: Context): string | undefined {
  const person = within.getValue(PERSON);
  return typeof person === "string" ? person : undefined;
}

function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

const asDecided: Sampler = {
  shouldSample: (within) => {
    const from = trace.getSpanContext(within);
    const recorded =
      within.getValue(RECORDED) === true || (within.getValue(OWNER) !== undefined && from && isSampled(from));
    return {
      decision: recorded === true ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
    };
  },
  toString: () => "decided where the trace begins",
};

/** Type, message and stack, and nothing else of what libraries hang on their errors. */
export function noteError(span: Span, error: unknown): void {
  const { type, message, stack } = describeError(error);
  span.addEvent("exception", {
    "exception.type": type,
    "exception.message": message,
    ...(stack === undefined ? {} : { "exception.stacktrace": stack }),
  });
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
