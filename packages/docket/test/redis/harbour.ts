import { randomUUID } from "node:crypto";
import { test as plain } from "vitest";
import { Docket, type DocketOptions, type Log, type Task } from "../../src/index.js";
import { expectNoLeaks, expectNoTraceOfWorkers } from "../leaks.js";
import { RedisServer } from "../redis-server.js";

/** A Redis whose outages a test stages, dockets on it, and a search for what they left behind. */
export class Harbour {
  readonly name = `harbour-${randomUUID()}`;
  readonly server: RedisServer;
  /** What the engine logged as a warning or an error. */
  readonly complaints: string[] = [];
  /** A worker was killed in this test: what is known of it stays until an hour has passed. */
  workersWereKilled = false;
  #keepsHistory = false;
  readonly #closing: (() => Promise<void>)[] = [];

  constructor(server: RedisServer) {
    this.server = server;
  }

  async open<Services>(
    services: Services,
    tasks: readonly Task<unknown, Services>[],
    options: Partial<DocketOptions<Services>> = {},
  ): Promise<Docket<Services>> {
    const { name, server } = this;
    const docket = await Docket.open<Services>({
      url: server.url,
      name,
      tasks,
      services,
      log: this.#log(),
      ...options,
    });
    this.#closing.push(() => docket.close());
    this.#keepsHistory ||= options.history !== undefined;
    return docket;
  }

  /** A started worker, stopped after the test. */
  async worker<Services>(docket: Docket<Services>, concurrency = 10): Promise<void> {
    const worker = docket.worker({ concurrency });
    this.#closing.push(() => worker.stop({ drain: 0 }));
    await worker.start();
  }

  async close(search: boolean): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
    if (!search) return;
    if (!this.workersWereKilled) await expectNoTraceOfWorkers(this.server.url, this.name);
    await expectNoLeaks(this.server.url, this.name, this.#keepsHistory);
  }

  #log(): Log {
    const complain = (_fields: object, message: string): void => {
      this.complaints.push(message);
    };
    return { info: () => undefined, warn: complain, error: complain };
  }
}

/** A test that is given a harbour on the Redis of its file. */
export const test = plain
  .extend("redisArgs", { scope: "file" }, (): readonly string[] => [])
  .extend("server", { scope: "file" }, async ({ redisArgs }, { onCleanup }) => {
    const server = await RedisServer.start(redisArgs);
    onCleanup(() => server[Symbol.asyncDispose]());
    return server;
  })
  .extend("harbour", async ({ server, task }, { onCleanup }) => {
    await server.up(); // an earlier test may have left it down
    const harbour = new Harbour(server);
    onCleanup(() => harbour.close(task.result?.state !== "fail"));
    return harbour;
  });
