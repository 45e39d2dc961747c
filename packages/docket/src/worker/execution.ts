import { Cancelled, LeaseLost, RetryAt, TimedOut, WorkerStopping } from "../errors.js";
import type { Log } from "../log.js";
import type { Claim, Held, Stored } from "../store/store.js";
import { checked } from "../task/payload.js";
import type { RunContext, Task } from "../task/task.js";
import type { Trace, TracedEnd, TracedRun } from "../trace.js";
import { Context } from "./context.js";
import { Controls } from "./controls.js";
import { ASIDE, comeAgain, dead, DONE, doneWith, judge, RETURNED, type Verdict } from "./outcome.js";
import { upgraded } from "./stored-payload.js";
import { TimeLimit } from "./time-limit.js";

/** Wraps every run of a docket: does what all tasks need done around them. */
export type Around<Services> = (run: () => Promise<unknown>, ctx: RunContext<Services>) => Promise<unknown>;

export interface ExecutionTools<Services> {
  readonly tasks: ReadonlyMap<string, Task<unknown, Services>>;
  readonly services: Services;
  readonly around: Around<Services>;
  readonly log: Log;
  readonly trace: Trace | undefined;
  /** The worker's id. */
  readonly worker: string;
  readonly random: () => number;
  /** Deliveries in a row that may end with a lost worker, before the task is taken as what kills them. */
  readonly deliveryCap: number;
  /** The store's time, as far as the worker knows it. */
  storeNow(): number;
  /** Calls the handler of a task: whoever watches over the event loop is to know that it was entered, and that it was left. */
  enter<T>(id: string, call: () => T): T;
  /** Tells the store how far a run is (JSON). */
  readonly report: (held: Held, progress: string) => Promise<void>;
}

/** One delivery of a task, from the claim to its verdict. */
export class Execution<Services> {
  readonly claim: Claim;
  /** Monotonic local time (ms) up to which the lease is surely held. */
  leasedUntil: number;
  readonly #tools: ExecutionTools<Services>;
  readonly #controls: Controls;
  #limit: TimeLimit | undefined;

  constructor(claim: Claim, leasedUntil: number, tools: ExecutionTools<Services>) {
    this.claim = claim;
    this.leasedUntil = leasedUntil;
    this.#tools = tools;
    this.#controls = new Controls(claim, tools.report);
  }

  abort(reason: Error): void {
    this.#controls.abort(reason);
    const first = this.#controls.reason;
    if (first instanceof LeaseLost || first instanceof WorkerStopping) this.#limit?.giveUp();
  }

  /** What it comes to where it is handed back. */
  readonly unfinished = RETURNED;

  /** 0 for what this worker doesn't know. */
  get timeoutMs(): number {
    return this.#tools.tasks.get(this.claim.stored?.name ?? "")?.timeoutMs ?? 0;
  }

  /** Decides whether the task may run, runs it, and says what it came to; undefined when that no longer counts. */
  async run(): Promise<Verdict | undefined> {
    const { stored } = this.claim;
    if (stored === undefined) return unreadable(this.claim);
    const task = this.#tools.tasks.get(stored.name);
    if (task === undefined || (stored.version ?? 1) > task.version) return ASIDE;
    if (this.claim.lost >= this.#tools.deliveryCap) return deadly(this.claim, stored);
    const at = task.recurrence?.putOff(stored.addedAt, this.claim.claimedAt);
    if (at !== undefined) return { outcome: { kind: "park", at } };
    const { trace } = this.#tools;
    if (trace === undefined) return (await this.#attempt(task, stored)).verdict;
    const run = tracedRun(this.claim, stored, this.#tools);
    return (await trace.run(run, () => this.#attempt(task, stored))).verdict;
  }

  async #attempt(task: Task<unknown, Services>, stored: Stored): Promise<Attempt> {
    // By the worker's reckoning it may be a little before the time that has come.
    const startedAt = Math.max(this.claim.claimedAt, this.#tools.storeNow());
    try {
      this.#limit = new TimeLimit(task.timeoutMs, stored.name, this.claim.id, this.#tools.log);
      const returned = await this.#limit.keep(this.#handle(task, stored), (error) => {
        this.abort(error);
      });
      // Whoever returns because the signal told it to hasn't done its work.
      const { reason } = this.#controls;
      if (reason instanceof TimedOut) throw reason;
      if (reason instanceof LeaseLost) return attempt(undefined);
      return attempt(this.#next(task, startedAt, task.keepsResult ? doneWith(task.name, returned) : DONE));
    } catch (error) {
      const { reason } = this.#controls;
      const cause = reason instanceof TimedOut ? reason : error;
      const { random } = this.#tools;
      const now = this.#tools.storeNow();
      const verdict = judge(cause, { claim: this.claim, stored, task, reason, now, random });
      return attempt(verdict && this.#next(task, startedAt, verdict, cause), cause);
    } finally {
      this.#controls.end();
    }
  }

  /** Of a task that comes by itself, unless it was cancelled: when it comes again. */
  #next(task: Task<unknown, Services>, startedAt: number, verdict: Verdict, error?: unknown): Verdict {
    const { recurrence } = task;
    if (recurrence === undefined || this.#controls.reason instanceof Cancelled) return verdict;
    const { log } = this.#tools;
    if (error !== undefined && !(error instanceof RetryAt))
      log.error(
        { err: error, task: task.name, id: this.claim.id },
        "a run failed; the next comes in its time",
      );
    const now = this.#tools.storeNow();
    return comeAgain(verdict, { claim: this.claim, error, next: recurrence.next(startedAt), now });
  }

  async #handle(task: Task<unknown, Services>, stored: Stored): Promise<unknown> {
    const read = checked(task.name, task.payload, upgraded(task, stored));
    const payload = read instanceof Promise ? ((await read) as unknown) : read;
    const ctx = new Context(this.claim, stored, this.#controls, this.#tools);
    return this.#tools.around(() => this.#tools.enter(ctx.id, () => task.run(payload, ctx)), ctx);
  }
}

/** The verdict on what can't be read. */
export function unreadable(claim: Claim): Verdict {
  return dead("payload", new Error("what lies in the store under this id isn't a task"), claim, undefined);
}

/** The verdict on what has taken too many workers down. */
export function deadly(claim: Claim, stored: Stored): Verdict {
  const times = `${String(claim.lost)} times in a row`;
  const error = new Error(
    `its worker died or lost its lease ${times} while it ran: find out what it does to its process, then replay it`,
  );
  return dead("deliveries", error, claim, stored);
}

/** What is told of a run to whoever traces it. */
export function tracedRun<Services>(
  { id, attempt, delivery }: Claim,
  { name, key, payload, carried, addedAt }: Stored,
  { worker, storeNow }: Pick<ExecutionTools<Services>, "worker" | "storeNow">,
): TracedRun {
  return {
    ...{ task: name, id, attempt, delivery, payload, carried, worker },
    key: key === "" ? undefined : key,
    waitMs: Math.max(0, storeNow() - addedAt),
  };
}

/** What a run came to, and how it is told to whoever traces it. */
export interface Attempt extends TracedEnd {
  readonly verdict: Verdict | undefined;
}

export function attempt(verdict: Verdict | undefined, error?: unknown): Attempt {
  return { verdict, outcome: verdict?.outcome.kind ?? "lost", ...(error === undefined ? {} : { error }) };
}
