import { InvalidPayload, StoreUnavailable, type Docket, type Log, type Task } from "@plyr/docket";
import { untraced, type HandingOver } from "../tracing/handing-over.js";
import type { Intent } from "./intents.js";

/** How tasks are carried out at the moment. */
export type Mode = "docket" | "docket disabled" | "docket unreachable, running in process";

/** What is known of an intent: `waiting` stands for all that lives. */
export type Knowledge =
  { readonly state: "living" | "unknown" } | { readonly state: "dead"; readonly reason: string };

export interface DispatcherParts<Services> {
  /** Undefined when docket is disabled. */
  readonly docket: Docket<Services> | undefined;
  /** The in-process queue. */
  readonly local: Docket<Services>;
  readonly tasks: readonly Task<unknown, Services>[];
  /** Ends an intent that can never be carried out. */
  readonly bury: (intentId: string, reason: string) => Promise<void>;
  readonly log: Log;
  /** For how long an unreachable docket is not asked again; milliseconds, default 5,000. */
  readonly avoid?: number;
  /** Default: nothing is traced. */
  readonly trace?: HandingOver;
}

/**
 * Hands intents to docket, and in process when docket is disabled or unreachable. Handing over twice does no harm:
 * the intent's id is the key, and the subject's lease lets one run at a time through.
 */
export class Dispatcher<Services> {
  readonly #parts: DispatcherParts<Services>;
  readonly #tasks: ReadonlyMap<string, Task<unknown, Services>>;
  readonly #trace: HandingOver;
  readonly #underway = new Set<Promise<void>>();
  #reachable = true;
  #avoidUntil = 0;

  constructor(parts: DispatcherParts<Services>) {
    this.#parts = parts;
    this.#trace = parts.trace ?? untraced;
    this.#tasks = new Map(parts.tasks.map((task) => [task.name, task]));
  }

  get mode(): Mode {
    if (this.#parts.docket === undefined) return "docket disabled";
    return this.#reachable ? "docket" : "docket unreachable, running in process";
  }

  /** Returns at once. What fails here is found by the sweep. */
  dispatch(intents: readonly Intent[]): void {
    this.#lookAfter(intents, this.handOver(intents), "intents could not be handed over; the sweep will");
  }

  /** Has intents carried out soon, wherever they wait; returns at once. What fails here is found by the sweep. */
  hasten(intents: readonly Intent[]): void {
    this.#lookAfter(intents, this.handOverNow(intents), "intents could not be hastened; the sweep will");
  }

  #lookAfter(intents: readonly Intent[], work: Promise<void>, otherwise: string): void {
    const looked = work.catch((err: unknown) => {
      this.#parts.log.error({ err, intents: intents.map(({ id }) => id) }, otherwise);
    });
    this.#underway.add(looked);
    void looked.finally(() => this.#underway.delete(looked));
  }

  /** Resolves when nothing that was dispatched is underway any more. */
  async settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  /** Resolves when a queue has them. An intent of an unknown task stays as it is: a newer version may know it. */
  async handOver(intents: readonly Intent[]): Promise<void> {
    for (const [name, group] of Map.groupBy(intents, (intent) => intent.task)) {
      const task = this.#tasks.get(name);
      if (task === undefined) {
        this.#parts.log.warn({ task: name, intents: group.length }, "intents of an unknown task are waiting");
      } else await this.#handOverOf(task, group);
    }
  }

  async #handOverOf(task: Task<unknown, Services>, intents: readonly Intent[]): Promise<void> {
    const { docket, local, log } = this.#parts;
    if (docket !== undefined) {
      try {
        await this.#reach(() =>
          this.#add(docket, task, intents, (intent, add) => this.#trace.scheduled(intent, "docket", add)),
        );
        return;
      } catch (err) {
        // Whatever is wrong with it (away, hung, full, its keys spoilt): the work can be done without it.
        log.warn(
          { err, task: task.name, intents: intents.map(({ id }) => id) },
          "docket scheduling failed, falling back to asyncio",
        );
        await this.#add(local, task, intents, (intent, add) => this.#trace.fallingBack(intent, err, add));
        return;
      }
    }
    await this.#add(local, task, intents, (intent, add) => this.#trace.scheduled(intent, "in process", add));
  }

  async #add(
    docket: Docket<Services>,
    task: Task<unknown, Services>,
    intents: readonly Intent[],
    traced: (intent: Intent, add: () => Promise<unknown>) => Promise<unknown>,
  ): Promise<void> {
    // Each by itself: a payload that no longer fits must not keep the others back. Docket lets them travel together.
    await Promise.all(
      intents.map(async (intent) => {
        const { id, payload, delay } = intent;
        try {
          const options = { key: id, ...(delay !== undefined && { delay }) };
          await traced(intent, () => docket.add(task, payload, options));
        } catch (error) {
          if (!(error instanceof InvalidPayload)) throw error;
          await this.#parts.bury(id, error.message);
        }
      }),
    );
  }

  /**
   * What the queues know of these intents. An unreachable docket knows nothing: then they are carried out in process,
   * and its own copies find them done.
   */
  async find(ids: readonly string[]): Promise<Map<string, Knowledge>> {
    const { docket, local } = this.#parts;
    const known = new Map<string, Knowledge>();
    await ask(local, ids, known);
    if (docket === undefined) return known;
    const others = ids.filter((id) => known.get(id)?.state !== "living");
    if (others.length === 0) return known;
    await this.#reach(() => ask(docket, others, known)).catch((err: unknown) => {
      this.#parts.log.warn(
        { err },
        "docket can't say what it knows; intents it may have are carried out in process",
      );
    });
    return known;
  }

  /** Has them carried out now, whether a queue has them (put off, maybe) or none. */
  async handOverNow(intents: readonly Intent[]): Promise<void> {
    await this.handOver(intents);
    await this.wake(intents);
  }

  /** Makes put-off intents due now, where this process or a docket that can be reached has them. */
  async wake(intents: readonly Intent[]): Promise<void> {
    if (intents.length === 0) return;
    const ids = intents.map(({ id }) => id);
    await this.#parts.local.wake(ids);
    await this.#tell((docket) => docket.wake(ids));
  }

  /**
   * Has docket start nothing of these groups for so many milliseconds. It spares calls; what it is for holds without it,
   * so a docket that can't be told is no trouble.
   */
  async pause(groups: readonly string[], ms: number, reason: string): Promise<void> {
    await this.#tell((docket) => docket.pause(groups, ms, reason));
  }

  /** Ends pauses before their time. */
  async resume(groups: readonly string[]): Promise<void> {
    if (groups.length > 0) await this.#tell((docket) => docket.resume(groups));
  }

  /** Has an intent carried out in this process, now, whatever docket has been told of it. */
  async tryInProcess(intent: Intent): Promise<void> {
    const task = this.#tasks.get(intent.task);
    if (task === undefined) return;
    await this.#add(this.#parts.local, task, [intent], (one, add) =>
      this.#trace.scheduled(one, "in process", add),
    );
    await this.#parts.local.wake([intent.id]);
  }

  async #tell(call: (docket: Docket<Services>) => Promise<unknown>): Promise<void> {
    const { docket } = this.#parts;
    if (docket === undefined) return;
    try {
      await this.#reach(() => call(docket));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  /** Asks an unreachable docket whether it is back, so that it is used again at once, and told of without any traffic. */
  async probe(): Promise<void> {
    const { docket } = this.#parts;
    if (docket === undefined || this.#reachable) return;
    if (!(await docket.health()).reachable) return;
    this.#reachable = true;
    this.#avoidUntil = 0;
  }

  /** Keeps a hung Redis from being asked for each request: after a failure it is left alone for a while. */
  async #reach<T>(call: () => Promise<T>): Promise<T> {
    if (performance.now() < this.#avoidUntil)
      throw new StoreUnavailable("docket failed a moment ago; not asked again yet");
    try {
      const result = await call();
      this.#reachable = true;
      return result;
    } catch (error) {
      this.#reachable = false;
      this.#avoidUntil = performance.now() + (this.#parts.avoid ?? 5_000);
      throw error;
    }
  }
}

async function ask<Services>(
  docket: Docket<Services>,
  ids: readonly string[],
  known: Map<string, Knowledge>,
): Promise<void> {
  for (const [id, found] of await docket.find(ids)) {
    if (found.state === "unknown") {
      if (!known.has(id)) known.set(id, { state: "unknown" });
    } else if (found.state === "dead")
      known.set(id, { state: "dead", reason: found.reason ?? "given up without a reason" });
    else known.set(id, { state: "living" });
  }
}
