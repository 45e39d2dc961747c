import { LeaseLost, WorkerStopping } from "../errors.js";
import type { Claim } from "../store/store.js";
import { checked } from "../task/payload.js";
import type { Batch, BatchItem, Task } from "../task/task.js";
import { BatchMember } from "./batch-member.js";
import { Context } from "./context.js";
import type { ExecutionTools } from "./execution.js";
import { upgraded } from "./stored-payload.js";
import { TimeLimit } from "./time-limit.js";

/** A run of several deliveries, which takes one slot of its worker. */
export class BatchRun<Services> {
  readonly #task: Task<unknown, Services>;
  readonly #batch: Batch<Services>;
  readonly #tools: ExecutionTools<Services>;
  readonly #members: BatchMember<Services>[] = [];
  readonly #controller = new AbortController();
  #limit: TimeLimit | undefined;

  constructor(task: Task<unknown, Services>, batch: Batch<Services>, tools: ExecutionTools<Services>) {
    this.#task = task;
    this.#batch = batch;
    this.#tools = tools;
  }

  get members(): readonly BatchMember<Services>[] {
    return this.#members;
  }

  join(claim: Claim, leasedUntil: number): BatchMember<Services> {
    const member = new BatchMember(claim, leasedUntil, this.#task, this.#tools, (reason) => {
      // The signal of the whole is that of the last who is gone, or of all.
      if (this.#members.every(({ isGone }) => isGone) || reason instanceof WorkerStopping)
        this.#abort(reason);
    });
    this.#members.push(member);
    return member;
  }

  /** Runs those that may; resolves when it is over. @returns what it threw, if it did */
  async run(): Promise<{ readonly error: unknown } | undefined> {
    const items: BatchItem<unknown>[] = [];
    let first: BatchMember<Services> | undefined;
    for (const member of this.#members) {
      const item = await this.#prepare(member);
      if (item === undefined) continue;
      items.push(item);
      first ??= member;
    }
    if (first === undefined || this.#controller.signal.aborted) return undefined;
    try {
      this.#limit = new TimeLimit(this.#task.timeoutMs, this.#task.name, first.claim.id, this.#tools.log);
      await this.#limit.keep(this.#handle(first, items), (error) => {
        this.#abort(error);
        for (const member of this.#members) member.abort(error);
      });
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  /** The item of one that is to run; undefined for one that is gone, or whose payload doesn't fit. */
  async #prepare(member: BatchMember<Services>): Promise<BatchItem<unknown> | undefined> {
    const { stored } = member.claim;
    if (stored === undefined || !member.mayRun()) return undefined;
    try {
      const payload = await checked(this.#task.name, this.#task.payload, upgraded(this.#task, stored));
      return member.mayRun() ? member.item(stored, payload) : undefined;
    } catch (error) {
      member.fail(error);
      return undefined;
    }
  }

  async #handle(first: BatchMember<Services>, items: readonly BatchItem<unknown>[]): Promise<unknown> {
    const { stored } = first.claim;
    if (stored === undefined) return undefined;
    const { services, log, around } = this.#tools;
    const { signal } = this.#controller;
    const ctx = { services, log, signal, task: this.#task.name };
    return around(
      () => this.#tools.enter(first.claim.id, () => this.#batch.run(items, ctx)),
      new Context(first.claim, stored, { signal, progress: first.progress }, this.#tools),
    );
  }

  #abort(reason: Error): void {
    this.#controller.abort(reason);
    if (reason instanceof LeaseLost || reason instanceof WorkerStopping) this.#limit?.giveUp();
  }
}
