import { Cancelled, LeaseLost, TimedOut, WorkerStopping } from "../errors.js";
import type { Claim, Stored } from "../store/store.js";
import type { BatchItem, Progress, Task } from "../task/task.js";
import { Controls } from "./controls.js";
import { attempt, deadly, type Attempt, type ExecutionTools } from "./execution.js";
import { ASIDE, DONE, doneWith, judge, RETURNED, type Verdict } from "./outcome.js";

type Told =
  { readonly kind: "done"; readonly result: unknown } | { readonly kind: "failed"; readonly error: unknown };

/** One delivery that runs with others: its lease, its signal and its outcome are its own. */
export class BatchMember<Services> {
  readonly claim: Claim;
  readonly timeoutMs: number;
  /** Monotonic local time (ms) up to which the lease is surely held. */
  leasedUntil: number;
  readonly #task: Task<unknown, Services>;
  readonly #tools: ExecutionTools<Services>;
  readonly #aborted: (reason: Error) => void;
  readonly #controls: Controls;
  #told: Told | undefined;

  /** @param aborted told when its signal is, once */
  constructor(
    claim: Claim,
    leasedUntil: number,
    task: Task<unknown, Services>,
    tools: ExecutionTools<Services>,
    aborted: (reason: Error) => void,
  ) {
    this.claim = claim;
    this.leasedUntil = leasedUntil;
    this.timeoutMs = task.timeoutMs;
    this.#task = task;
    this.#tools = tools;
    this.#aborted = aborted;
    this.#controls = new Controls(claim, tools.report);
  }

  abort(reason: Error): void {
    if (this.#controls.abort(reason)) this.#aborted(reason);
  }

  /** It is to begin, if nothing has happened meanwhile. */
  mayRun(): boolean {
    return this.#isKnown && !this.isGone && this.claim.lost < this.#tools.deliveryCap;
  }

  /** Of no later version than this worker knows. */
  get #isKnown(): boolean {
    return (this.claim.stored?.version ?? 1) <= this.#task.version;
  }

  /** Cancelled or lost: nobody waits for it. */
  get isGone(): boolean {
    const { reason } = this.#controls;
    return reason instanceof Cancelled || reason instanceof LeaseLost;
  }

  get progress(): Progress {
    return this.#controls.progress;
  }

  /** What the handler is given of it. */
  item({ key, addedAt }: Stored, payload: unknown): BatchItem<unknown> {
    const { id, attempt: nth, delivery } = this.claim;
    const controls = this.#controls;
    return {
      ...{ id, attempt: nth, delivery, payload },
      key: key === "" ? undefined : key,
      addedAt: new Date(addedAt),
      get signal() {
        return controls.signal;
      },
      get progress() {
        return controls.progress;
      },
      done: (result) => {
        this.#told ??= { kind: "done", result };
      },
      fail: (error) => {
        this.fail(error);
      },
    };
  }

  fail(error: unknown): void {
    this.#told ??= { kind: "failed", error };
  }

  /** What it comes to where it is handed back: what was told of it stands. */
  get unfinished(): Verdict {
    return (this.#told && this.#judged(this.#told).verdict) ?? RETURNED;
  }

  /** What it came to, once the run of all is over. @param threw what that threw, if it did */
  end(threw: { readonly error: unknown } | undefined): Attempt {
    this.#controls.end();
    const { reason } = this.#controls;
    const { stored, lost } = this.claim;
    if (!this.#isKnown) return attempt(ASIDE);
    if (stored !== undefined && lost >= this.#tools.deliveryCap) return attempt(deadly(this.claim, stored));
    if (this.#told !== undefined) return this.#judged(this.#told);
    if (reason instanceof Cancelled) return attempt(DONE);
    // Whoever returns because the signal told it to hasn't done its work.
    if (reason instanceof TimedOut || reason instanceof WorkerStopping) return this.#failed(reason);
    return threw === undefined
      ? this.#judged({ kind: "done", result: undefined })
      : this.#failed(threw.error);
  }

  #judged(told: Told): Attempt {
    if (told.kind === "failed") return this.#failed(told.error);
    if (this.#controls.reason instanceof LeaseLost) return attempt(undefined);
    try {
      return attempt(this.#task.keepsResult ? doneWith(this.#task.name, told.result) : DONE);
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Attempt {
    const { claim } = this;
    const { random } = this.#tools;
    const now = this.#tools.storeNow();
    if (claim.stored === undefined) return attempt(undefined);
    const reason = this.#told === undefined || this.isGone ? this.#controls.reason : undefined;
    const facts = { claim, stored: claim.stored, task: this.#task, reason, now, random };
    return attempt(judge(error, facts), error);
  }
}
