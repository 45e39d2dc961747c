import { randomUUID } from "node:crypto";
import { describe, inject, test as plain } from "vitest";
import {
  type Clock,
  Docket,
  type DocketOptions,
  type Duration,
  type Log,
  type Task,
  type Worker,
  type WorkerOptions,
} from "../src/index.js";
import { ManualClock } from "../src/testing/index.js";
import type { StoreKind } from "./desk.js";
import { expectNoLeaks, expectNoTraceOfWorkers } from "./leaks.js";

type Options<Services> = Partial<Omit<DocketOptions<Services>, "clock">> & {
  readonly clock?: Clock | undefined;
};

/** Dockets of one name on one store with one clock, and the workers of a test; all stopped, closed and searched after it. */
export class Stage {
  readonly clock = new ManualClock();
  readonly name = `stage-${randomUUID()}`;
  /** Undefined for the store in memory, as an unset variable would be. */
  readonly url: string | undefined;
  /** What the engine logged as a warning or an error. */
  readonly complaints: string[] = [];
  readonly #dockets: Pick<Docket<unknown>, "close">[] = [];
  readonly #workers: Pick<Worker<unknown>, "stop">[] = [];
  #keepsHistory = false;

  constructor(url: string | undefined) {
    this.url = url;
  }

  open(
    tasks: readonly Task<unknown, undefined>[],
    options: Options<undefined> = {},
  ): Promise<Docket<undefined>> {
    return this.openWith(undefined, tasks, options);
  }

  async openWith<Services>(
    services: Services,
    tasks: readonly Task<unknown, Services>[],
    options: Options<Services> = {},
  ): Promise<Docket<Services>> {
    const { clock, ...others } = "clock" in options ? options : { ...options, clock: this.clock };
    const own = {
      url: this.url,
      name: this.name,
      log: this.#log(),
      ...(clock === undefined ? {} : { clock }),
    };
    const docket = await Docket.open<Services>({ ...own, tasks, services, ...others });
    this.#dockets.push(docket);
    this.#keepsHistory ||= options.history !== undefined;
    return docket;
  }

  worker<Services>(docket: Docket<Services>, options: WorkerOptions = {}): Worker<Services> {
    const worker = docket.worker(options);
    this.#workers.push(worker);
    return worker;
  }

  /** Works until nothing is to be done at this time of the clock. */
  async run(docket: Docket<undefined>, options: WorkerOptions = {}): Promise<void> {
    await this.worker(docket, options).runUntilIdle();
  }

  async stopAll(drain: Duration): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop({ drain })));
  }

  async close(search: boolean): Promise<void> {
    try {
      await this.stopAll(0);
    } finally {
      await Promise.all(this.#dockets.map((docket) => docket.close()));
    }
    if (this.url === undefined || !search) return;
    await expectNoTraceOfWorkers(this.url, this.name);
    await expectNoLeaks(this.url, this.name, this.#keepsHistory);
  }

  #log(): Log {
    const complain = (_fields: object, message: string): void => {
      this.complaints.push(message);
    };
    return { info: () => undefined, warn: complain, error: complain };
  }
}

const base = plain.extend("kind", (): StoreKind => "memory");
/** A test that is given a stage. */
export const test = base.extend("stage", async ({ kind, task }, { onCleanup }) => {
  const stage = new Stage(kind === "redis" ? inject("redisUrl") : undefined);
  onCleanup(() => stage.close(task.result?.state !== "fail"));
  return Promise.resolve(stage);
});

export function onBothStores(name: string, suite: () => void): void {
  describe.each<StoreKind>(["memory", "redis"])(`${name} (%s)`, (kind) => {
    test.override("kind", kind);
    suite();
  });
}
