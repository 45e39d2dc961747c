import type { Outcome } from "./store/store.js";

/** A run as whoever traces it is told of it. */
export interface TracedRun {
  readonly task: string;
  readonly id: string;
  readonly key: string | undefined;
  readonly attempt: number;
  readonly delivery: number;
  /** From when the task was added to this run's start, in ms by the store's clock; at least 0. */
  readonly waitMs: number;
  readonly worker: string;
  /** JSON. */
  readonly payload: string;
  /** What the trace port gave when the task was added; undefined when nothing was traced then. */
  readonly carried: string | undefined;
}

/** What a run came to. */
export interface TracedEnd {
  /** `lost`: the lease ran out, so that it no longer counts. */
  readonly outcome: Outcome["kind"] | "lost";
  /** What it threw. */
  readonly error?: unknown;
}

/** What is being added: so many of one task. */
export interface TracedAdding {
  readonly task: string;
  readonly count: number;
}

export interface TracedAdded {
  readonly id: string;
}

/**
 * The port through which a trace goes along with a task: over delays, retries, redeliveries and processes. The engine
 * knows no tracing library; it carries a short text and says where a run begins and ends.
 */
export interface Trace {
  /**
   * What a task that is added here and now takes along, such as a W3C `traceparent`; undefined: nothing is stored.
   * Visible characters and blanks, at most 200.
   */
  carried(): string | undefined;
  /**
   * Wraps what adds tasks, replaces or debounces them; `carried` is asked within, once for each. Resolves and rejects as `work`
   * does. Where it is left out, nothing is wrapped.
   */
  add?<T extends TracedAdded | readonly TracedAdded[]>(
    adding: TracedAdding,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Wraps a run, whose end is told by what `work` resolves with; it never rejects. Called once per delivery that runs. */
  run<T extends TracedEnd>(run: TracedRun, work: () => Promise<T>): Promise<T>;
}

/** What may lie in a store beside a task. @throws {RangeError} */
export function checkedCarried(carried: string | undefined): string | undefined {
  if (carried === undefined || carried === "") return undefined;
  if (!/^[\x20-\x7e]{1,200}$/.test(carried))
    throw new RangeError("what a task's trace takes along must be 1 to 200 visible ASCII characters");
  return carried;
}
