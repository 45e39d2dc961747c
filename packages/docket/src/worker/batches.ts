import type { Claim } from "../store/store.js";
import type { Batch, Task } from "../task/task.js";
import type { BatchMember } from "./batch-member.js";
import { BatchRun } from "./batch-run.js";
import { tracedRun, type Attempt, type Execution, type ExecutionTools } from "./execution.js";
import type { Verdict } from "./outcome.js";
import type { Runs } from "./runs.js";

/** What was lost with so many workers in a row runs alone: it may be what ends them. */
const ALONE_FROM = 2;

/** A delivery that a worker holds, alone or with others. */
export type Delivery<Services> = Execution<Services> | BatchMember<Services>;

/** What a worker does for its batches. */
export interface BatchHolder<Services> {
  readonly tools: ExecutionTools<Services>;
  readonly running: Runs<Delivery<Services>>;
  readonly renewer: { hold(member: BatchMember<Services>): void };
  readonly settler: { gather(leader: Claim, most: number): Promise<readonly Claim[]> };
  /** Monotonic local time (ms) up to which a claim is surely held. */
  leasedUntil(claim: Claim): number;
  /** Whether what is claimed now is to run. */
  isOpen(): boolean;
  handBack(claims: readonly Claim[]): void;
  conclude(member: BatchMember<Services>, verdict: Verdict): void;
  lose(id: string, member: BatchMember<Services>): void;
}

/** The batches that a worker runs. */
export class Batches<Services> {
  readonly #holder: BatchHolder<Services>;
  readonly #runs = new Set<BatchRun<Services>>();

  constructor(holder: BatchHolder<Services>) {
    this.#holder = holder;
  }

  /** How many runs there are fewer than deliveries held. */
  get surplus(): number {
    let surplus = 0;
    for (const { members } of this.#runs)
      surplus += Math.max(0, members.filter((member) => this.#isHeld(member)).length - 1);
    return surplus;
  }

  /** Runs a task with the others of its batch; false for one that has none. @param sure resolves with whether its lease is held */
  begin(claim: Claim, sure: () => Promise<boolean>): boolean {
    const task = this.#holder.tools.tasks.get(claim.stored?.name ?? "");
    if (task?.batch === undefined || (claim.stored?.version ?? 1) > task.version) return false;
    void this.#run(claim, task, task.batch, sure);
    return true;
  }

  #isHeld(member: BatchMember<Services>): boolean {
    return this.#holder.running.get(member.claim.id) === member;
  }

  async #run(
    claim: Claim,
    task: Task<unknown, Services>,
    batch: Batch<Services>,
    sure: () => Promise<boolean>,
  ): Promise<void> {
    const run = new BatchRun(task, batch, this.#holder.tools);
    const join = (one: Claim): BatchMember<Services> => {
      const member = run.join(one, this.#holder.leasedUntil(one));
      this.#holder.renewer.hold(member);
      return member;
    };
    const leader = join(claim);
    if (!(await sure())) {
      this.#holder.lose(claim.id, leader);
      return;
    }
    const alone = claim.lost >= Math.min(ALONE_FROM, this.#holder.tools.deliveryCap);
    const others = alone ? [] : await this.#holder.settler.gather(claim, batch.most - 1);
    if (!this.#holder.isOpen() && !this.#isHeld(leader)) {
      this.#holder.handBack(others);
      return;
    }
    this.#runs.add(run);
    for (const other of others) join(other);
    await this.#finish(run);
    this.#runs.delete(run);
  }

  async #finish(run: BatchRun<Services>): Promise<void> {
    const over = run.run();
    await Promise.all(
      run.members.map(async (member) => {
        const { verdict } = await this.#traced(member.claim, async () => member.end(await over));
        if (verdict === undefined) this.#holder.lose(member.claim.id, member);
        else this.#holder.conclude(member, verdict);
      }),
    );
  }

  #traced(claim: Claim, end: () => Promise<Attempt>): Promise<Attempt> {
    const { trace } = this.#holder.tools;
    if (trace === undefined || claim.stored === undefined) return end();
    return trace.run(tracedRun(claim, claim.stored, this.#holder.tools), end);
  }
}

/** As many as are watched over at once, at most. */
const MOST_WATCHED = 10_000;

/** How many deliveries a worker may hold: in a slot there may be a batch. */
export function mostDeliveries<Services>(
  concurrency: number,
  tasks: Iterable<Task<unknown, Services>>,
): number {
  const largest = Math.max(1, ...[...tasks].map(({ batch }) => batch?.most ?? 1));
  return Math.min(concurrency * largest, Math.max(concurrency, MOST_WATCHED));
}
