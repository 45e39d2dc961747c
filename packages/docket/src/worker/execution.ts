import { Cancelled, LeaseLost, RetryAt, TimedOut } from "../errors.js";
import type { Log } from "../log.js";
import type { Claim, Held, Stored } from "../store/store.js";
import { checked } from "../task/payload.js";
import type { RunContext, Task } from "../task/task.js";
import type { Trace, TracedEnd } from "../trace.js";
import { ASIDE, comeAgain, dead, DONE, doneWith, judge, type Verdict } from "./outcome.js";
import { Reporter } from "./reporter.js";

/** How long a handler may go on after its signal was aborted for its timeout, before it is taken as failed all the same. */
const GRACE_MS = 5_000;

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
  /** Tells the store how far a run is (JSON). */
  report(held: Held, progress: string): Promise<void>;
}

/** One delivery of a task, from the claim to its verdict. */
export class Execution<Services> {
  readonly claim: Claim;
  /** Monotonic local time (ms) up to which the lease is surely held. */
  leasedUntil: number;
  readonly #controller = new AbortController();
  readonly #tools: ExecutionTools<Services>;
  readonly #reporter: Reporter;

  constructor(claim: Claim, leasedUntil: number, tools: ExecutionTools<Services>) {
    this.claim = claim;
    this.leasedUntil = leasedUntil;
    this.#tools = tools;
    this.#reporter = new Reporter(claim, (held, progress) => tools.report(held, progress));
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  get lost(): boolean {
    return this.#controller.signal.reason instanceof LeaseLost;
  }

  /** Decides whether the task may run, runs it, and says what it came to; undefined when that no longer counts. */
  async run(): Promise<Verdict | undefined> {
    const { stored } = this.claim;
    if (stored === undefined) return this.#unreadable();
    const task = this.#tools.tasks.get(stored.name);
    if (task === undefined) return ASIDE;
    if (this.claim.lost >= this.#tools.deliveryCap) return this.#deadly(stored);
    const at = task.recurrence?.putOff(stored.addedAt, this.claim.claimedAt);
    if (at !== undefined) return { outcome: { kind: "park", at } };
    const { trace } = this.#tools;
    if (trace === undefined) return (await this.#attempt(task, stored)).verdict;
    const { name, key, payload, carried, addedAt } = stored;
    const { id, attempt, delivery } = this.claim;
    const run = {
      ...{ task: name, id, attempt, delivery, payload, carried, worker: this.#tools.worker },
      key: key === "" ? undefined : key,
      waitMs: Math.max(0, this.#tools.storeNow() - addedAt),
    };
    return (await trace.run(run, () => this.#attempt(task, stored))).verdict;
  }

  async #attempt(task: Task<unknown, Services>, stored: Stored): Promise<Attempt> {
    const signal = this.#controller.signal;
    const limit = this.#limitTime(task.timeoutMs, stored.name);
    // By the worker's reckoning it may be a little before the time that has come.
    const startedAt = Math.max(this.claim.claimedAt, this.#tools.storeNow());
    try {
      const returned = await Promise.race([this.#handle(task, stored), limit.overdue]);
      // Whoever returns because the signal told it to hasn't done its work.
      if (signal.reason instanceof TimedOut) throw signal.reason;
      if (signal.reason instanceof LeaseLost) return attempt(undefined);
      return attempt(this.#next(task, startedAt, task.keepsResult ? doneWith(task.name, returned) : DONE));
    } catch (error) {
      const cause = signal.reason instanceof TimedOut ? signal.reason : error;
      const { random } = this.#tools;
      const now = this.#tools.storeNow();
      const verdict = judge(cause, { claim: this.claim, stored, task, signal, now, random });
      return attempt(verdict && this.#next(task, startedAt, verdict, cause), cause);
    } finally {
      limit.clear();
      this.#reporter.stop();
    }
  }

  /** Of a task that comes by itself, unless it was cancelled: when it comes again. */
  #next(task: Task<unknown, Services>, startedAt: number, verdict: Verdict, error?: unknown): Verdict {
    const { recurrence } = task;
    if (recurrence === undefined || this.#controller.signal.reason instanceof Cancelled) return verdict;
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
    const payload = await checked(task.name, task.payload, parse(stored.payload));
    const ctx: RunContext<Services> = {
      services: this.#tools.services,
      signal: this.#controller.signal,
      task: task.name,
      id: this.claim.id,
      key: stored.key === "" ? undefined : stored.key,
      attempt: this.claim.attempt,
      delivery: this.claim.delivery,
      addedAt: new Date(stored.addedAt),
      log: this.#tools.log,
      progress: this.#reporter,
    };
    return this.#tools.around(() => task.run(payload, ctx), ctx);
  }

  /** Aborts the signal at the timeout; `overdue` rejects for a handler that doesn't heed it. */
  #limitTime(ms: number, name: string): { overdue: Promise<never>; clear: () => void } {
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const error = new TimedOut(`${name} took longer than its timeout of ${String(ms)} ms`);
        this.#controller.abort(error);
        timer = setTimeout(() => {
          this.#tools.log.error(
            { task: name, id: this.claim.id },
            "a handler goes on after its timeout: have it heed ctx.signal",
          );
          reject(error);
        }, GRACE_MS);
      }, ms);
    });
    return {
      overdue,
      clear: () => {
        clearTimeout(timer);
      },
    };
  }

  #unreadable(): Verdict {
    return dead(
      "payload",
      new Error("what lies in the store under this id isn't a task"),
      this.claim,
      undefined,
    );
  }

  #deadly(stored: Stored): Verdict {
    const times = `${String(this.claim.lost)} times in a row`;
    const error = new Error(
      `its worker died or lost its lease ${times} while it ran: find out what it does to its process, then replay it`,
    );
    return dead("deliveries", error, this.claim, stored);
  }
}

/** What a run came to, and how it is told to whoever traces it. */
interface Attempt extends TracedEnd {
  readonly verdict: Verdict | undefined;
}

function attempt(verdict: Verdict | undefined, error?: unknown): Attempt {
  return { verdict, outcome: verdict?.outcome.kind ?? "lost", ...(error === undefined ? {} : { error }) };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // the schema says what is wrong with it
  }
}
