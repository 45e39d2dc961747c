import { writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Held } from "../../store/store.js";
import { monotonic, type Table, type Watched } from "./table.js";

/** Pause before a store that is away is tried again. */
const AWAY_MS = 250;
/** A process that was stopped as a whole (SIGSTOP) is silent as well: its main thread is given time to show that it lives. */
const SURE_LOOKS = 4;

/** The few things that the thread asks of a store. */
export interface Lifeline {
  renew(held: readonly Held[], leaseMs: number): Promise<readonly string[]>;
  /** Lets go of the connection. */
  close(): Promise<void>;
}

export interface Orders {
  readonly leaseMs: number;
  readonly graceMs: number;
  /** After so long without a run the thread ends; the next run has another one started. */
  readonly idleMs: number;
  /** Names of the tasks, as the table numbers them. */
  readonly tasks: readonly string[];
}

/**
 * Watches over a worker's main thread, on a thread of its own. While that is silent, though something runs, its leases are
 * renewed here; and where it stays so beyond what may block it, the process is ended: it can't be stopped in any other way.
 */
export class Guard {
  readonly #table: Table;
  readonly #orders: Orders;
  readonly #open: () => Promise<Lifeline>;

  constructor(table: Table, orders: Orders, open: () => Promise<Lifeline>) {
    this.#table = table;
    this.#orders = orders;
    this.#open = open;
  }

  /** Until nothing has run for long. */
  async run(): Promise<void> {
    const look = this.#orders.leaseMs / 8;
    for (;;) {
      if (this.#table.watched().length > 0) this.#table.pause(look);
      else if (!this.#table.sleep(this.#orders.idleMs)) return;
      if (this.#silent()) await this.#standIn();
    }
  }

  #silent(): boolean {
    return (
      this.#table.watched().length > 0 &&
      monotonic() - this.#table.lastBeat > BigInt(Math.ceil(this.#orders.leaseMs / 4))
    );
  }

  async #standIn(): Promise<void> {
    const lifeline = await this.#open();
    let renewAt = monotonic();
    try {
      for (let looks = 1; this.#silent(); looks += 1) {
        if (monotonic() >= renewAt) renewAt = await this.#renew(lifeline);
        if (looks >= SURE_LOOKS) this.#endIfOverdue();
        await pause(Math.min(100, this.#orders.leaseMs / 8));
      }
    } finally {
      await lifeline.close();
    }
  }

  /** @returns when to do it next */
  async #renew(lifeline: Lifeline): Promise<bigint> {
    const { leaseMs } = this.#orders;
    const watched = this.#table.watched();
    const asked = monotonic();
    try {
      const lost = new Set(await lifeline.renew(watched, leaseMs));
      for (const run of watched) {
        if (lost.has(run.id)) this.#table.lost(run);
        else this.#table.renewed(run, asked + BigInt(leaseMs));
      }
      return asked + BigInt(Math.ceil(leaseMs / 3));
    } catch {
      return asked + BigInt(AWAY_MS); // nothing is known: each lease holds as long as it was last given
    }
  }

  /**
   * Who blocks is known where a handler was entered and not left; else it is one of those that run, and has surely
   * overstayed when all of them have.
   */
  #endIfOverdue(): void {
    const watched = this.#table.watched();
    const { entered } = this.#table;
    const culprit = watched.find(({ slot }) => slot === entered);
    const suspects = culprit === undefined ? watched : [culprit];
    const now = monotonic();
    if (suspects.length === 0 || suspects.some(({ deadline }) => deadline > now)) return;
    this.#end(suspects, now - this.#table.lastBeat);
  }

  #end(suspects: readonly Watched[], silentMs: bigint): void {
    const who = suspects
      .slice(0, 10)
      .map(({ id, task }) => `${this.#orders.tasks[task] ?? "unknown"} ${id}`)
      .join(", ");
    try {
      writeSync(
        2,
        `docket: process ${String(process.pid)} is ended (SIGKILL): its event loop has been blocked for ` +
          `${String(silentMs)} ms, beyond the timeout and ${String(this.#orders.graceMs)} ms of grace of ${who}. ` +
          "Have that task give way to others (await), or do its work on a thread; what ran here runs again elsewhere.\n",
      );
    } finally {
      process.kill(process.pid, "SIGKILL");
    }
  }
}
