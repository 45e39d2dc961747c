import { RetryAt, Terminal, type Log, type RunContext } from "@plyr/docket";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { heldByOperator } from "../strikes/strikes.js";
import { LeftAside, leaveAside } from "./left-aside.js";
import { noteLastError, type Troubled } from "./last-error.js";
import { closeIntent, reopenIntent, type Intent } from "./intents.js";
import { leaseTimes, type LeaseTimes } from "./lease-renewal.js";
import { releaseLease, takeLease, takeLeases, type Lease } from "./subject-lease.js";

/** How soon to ask again for a subject that another run has; milliseconds. */
const ASK_AGAIN = 2_000;
/** How soon to ask again whether what is struck still is, where the queue doesn't know of the strike yet; milliseconds. */
const STRUCK = 5_000;

const intentId = z.uuid();

/** A run that is going on, as `around` of `Docket.open` hands it over. */
type Running = Pick<RunContext<unknown>, "key" | "task">;

/**
 * Carries intents out: wraps each run of a task, so that the outbox's promise holds for every task alike. Two queues
 * (docket's and the in-process one) may hold the same intent, and an intent that is finished may be delivered once
 * more; the subject's lease in the database lets one run at a time through, and a finished intent is let go.
 *
 * 1. take the lease of the intent's subject (no intent: done already; held: ask again soon; struck: the queue is told so)
 * 2. run the task
 * 3. close the intent and the lease together; on an error the intent stays, and the error decides what comes next; left to
 *    something else it stays too, and the queue has done with it
 */
export class Carrier {
  readonly #db: Kysely<Schema>;
  readonly #log: Log;
  readonly #maxAge: (task: string) => number;
  readonly #times: LeaseTimes;
  readonly #struck: () => void;
  readonly #troubled: (task: string) => Troubled | undefined;
  readonly #leases = new Map<string, Lease>();

  /**
   * @param parts.maxAge a task's greatest age in milliseconds, counted from when it was accepted
   * @param parts.troubled notes beside what a task was about why it is tried again
   * @param parts.struck told that a queue has started what is struck
   */
  constructor(parts: {
    db: Kysely<Schema>;
    log: Log;
    maxAge: (task: string) => number;
    struck?: () => void;
    troubled?: (task: string) => Troubled | undefined;
    times?: LeaseTimes;
  }) {
    this.#db = parts.db;
    this.#log = parts.log;
    this.#maxAge = parts.maxAge;
    this.#struck = parts.struck ?? (() => undefined);
    this.#troubled = parts.troubled ?? (() => undefined);
    this.#times = parts.times ?? leaseTimes;
  }

  /**
   * The lease under which the run of this key is carried out.
   *
   * @throws {Terminal} when the task was added past the outbox
   */
  leaseOf(key: string | undefined): Lease {
    const lease = key === undefined ? undefined : this.#leases.get(key);
    if (lease === undefined)
      throw new Terminal("the task was not scheduled through the outbox: use outbox.schedule");
    return lease;
  }

  /** Leases of more subjects, for a run that does the work of several: those that nobody has. See `releaseLeases`. */
  takeMore(subjects: readonly string[]): Promise<Lease[]> {
    return takeLeases(this.#db, subjects, this.#log, this.#times);
  }

  /** A task that was added past the outbox (its key is no intent's id) runs as it is. */
  async around(run: () => Promise<unknown>, { key, task }: Running): Promise<unknown> {
    if (key === undefined || !intentId.safeParse(key).success) return run();
    const taken = await takeLease(this.#db, key, this.#log, this.#times);
    if (taken.outcome === "no intent") return undefined;
    if (taken.outcome === "struck") {
      this.#struck();
      throw new RetryAt(STRUCK, heldByOperator(taken.because));
    }
    if (taken.outcome === "held") {
      throw new RetryAt(Math.min(taken.remaining, ASK_AGAIN), `another run has ${taken.subject}`);
    }
    return this.#carryOut(run, { id: key, task, payload: taken.payload }, taken.lease, taken.age);
  }

  async #carryOut(run: () => Promise<unknown>, intent: Intent, lease: Lease, age: number): Promise<unknown> {
    this.#leases.set(intent.id, lease);
    try {
      const result = await run();
      lease.stop();
      await closeIntent(this.#db, intent.id, lease);
      return result;
    } catch (error) {
      lease.stop();
      const next = await this.#after(error, intent, lease, age);
      if (!(next instanceof LeftAside)) throw next;
      await leaveAside(this.#db, intent.id);
      return undefined;
    } finally {
      this.#leases.delete(intent.id);
    }
  }

  async #after(error: unknown, intent: Intent, lease: Lease, age: number): Promise<unknown> {
    if (!(await releaseLease(this.#db, lease))) {
      // Whoever took over may have closed the intent before what this run did took effect.
      await reopenIntent(this.#db, intent, lease.subject);
      return new RetryAt(ASK_AGAIN, `the lease of ${lease.subject} was lost during the run`, {
        cause: error,
      });
    }
    // The queue counts a task's age from when it was added, and after an outage it was added anew.
    const waits = error instanceof RetryAt || error instanceof LeftAside;
    if (waits && age > this.#maxAge(intent.task)) {
      return new Terminal(`given up, too old: ${error.message}`, { cause: error });
    }
    if (!(waits || error instanceof Terminal))
      await noteLastError(
        this.#db,
        this.#troubled(intent.task),
        intent,
        error instanceof Error ? error.message : String(error),
      );
    return error;
  }
}
