import { Docket, type DocketOptions } from "../docket/docket.js";
import type { Store } from "../store/store.js";
import type { Task } from "../task/task.js";
import { milliseconds, type Duration } from "../time/duration.js";
import { expectEmpty } from "./leaks.js";
import { Ledger, type AddedTask } from "./ledger.js";
import { ManualClock } from "./manual-clock.js";
import { Outage } from "./outage.js";

/** As often the clock is moved when nothing is said of how far. */
const MOST_STEPS = 1_000;

export interface TestDocketOptions<Services> extends Pick<
  DocketOptions<Services>,
  | "tasks"
  | "services"
  | "around"
  | "trace"
  | "log"
  | "deliveryCap"
  | "random"
  | "deadLetters"
  | "results"
  | "history"
> {
  /** What time it is at first. */
  readonly start?: Date;
}

export interface RunOptions {
  /** How far the clock may go: to a time, or so much further. It stands there then. */
  readonly until?: Date | Duration;
  /** Tasks at the same time; default 1, so that a test sees one order. */
  readonly concurrency?: number;
}

/**
 * A docket in memory whose time is the test's, with what a test wants to know of it. Needs no Redis, no test framework, and no waiting:
 * hours pass at once. Draws no lots, unless it is given `random`: each retry comes after three quarters of its longest pause.
 */
export async function testDocket<Services>(
  options: TestDocketOptions<Services>,
): Promise<TestDocket<Services>> {
  const { start, ...others } = options;
  const clock = new ManualClock(start?.getTime());
  const outage = new Outage();
  const ledger = new Ledger(clock);
  const stores: Store[] = [];
  const through = (store: Store): Store => {
    stores.push(store);
    return ledger.through(outage.through(store));
  };
  const docket = await Docket.open<Services>({ random: () => 0.5, ...others, clock, through });
  return new TestDocket({ docket, clock, outage, ledger, stores });
}

interface Parts<Services> {
  readonly docket: Docket<Services>;
  readonly clock: ManualClock;
  readonly outage: Outage;
  readonly ledger: Ledger;
  readonly stores: readonly Store[];
}

export class TestDocket<Services> implements AsyncDisposable {
  /** For the code under test. */
  readonly docket: Docket<Services>;
  readonly clock: ManualClock;
  readonly outage: Outage;
  readonly #ledger: Ledger;
  readonly #stores: readonly Store[];

  constructor({ docket, clock, outage, ledger, stores }: Parts<Services>) {
    this.docket = docket;
    this.clock = clock;
    this.outage = outage;
    this.#ledger = ledger;
    this.#stores = stores;
  }

  /** What was added of a task so far, or replaced, in order; also what its docket's workers have added. */
  added(task: Pick<Task<never, Services>, "name">): AddedTask[] {
    return this.#ledger.of(task.name);
  }

  /**
   * Runs what there is to run, moves the clock to when something is due next, runs that, and so on, until nothing is due any more.
   * Retries, delays, rates and pauses pass like that.
   *
   * @throws {Error} during an outage; and, without `until`, when there is no end to it, as with tasks that come by themselves
   */
  async runUntilIdle({ until, concurrency = 1 }: RunOptions = {}): Promise<void> {
    if (this.outage.on) throw new Error("the store is away: end the outage before something can run");
    const end = until === undefined ? Infinity : this.#time(until);
    for (let steps = 0; ; steps += 1) {
      await this.docket.worker({ concurrency }).runUntilIdle();
      const { nextAt = Infinity, now } = await this.docket.snapshot();
      if (nextAt === Infinity || nextAt > end) break;
      if (steps === MOST_STEPS && end === Infinity)
        throw new Error(
          `something is due after ${String(MOST_STEPS)} steps of the clock: give runUntilIdle an \`until\``,
        );
      this.clock.advance(nextAt - now);
    }
    if (end !== Infinity) this.clock.advance(Math.max(0, end - this.clock.now()));
  }

  /**
   * Finishes what is left without running it, throws dead letters away, and looks that nothing stays behind: no task, no dead letter,
   * and no worker that wasn't stopped. For the end of a test.
   *
   * @throws {Error} naming what is left
   */
  async expectNoLeaks(): Promise<void> {
    for (const store of this.#stores) await expectEmpty(store, this.clock);
  }

  close(): Promise<void> {
    return this.docket.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #time(until: Date | Duration): number {
    if (!(until instanceof Date)) return this.clock.now() + milliseconds(until, "the time to run for");
    if (Number.isNaN(until.getTime())) throw new RangeError("runUntilIdle is to end at an invalid date");
    return until.getTime();
  }
}
