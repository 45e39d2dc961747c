import { Redis } from "ioredis";
import { loadScripts } from "../../src/store/redis/scripts.js";
import { DEFAULT_RETENTION, type Retention } from "../../src/store/retention.js";
import { until } from "../until.js";

/** The commands that clients send, as Redis sees them; those of scripts apart. */
export class Monitor implements AsyncDisposable {
  /** How many commands scripts have called so far. */
  inScripts = 0;
  readonly #lines: string[][] = [];
  readonly #redis: Redis;
  readonly #monitor: Redis;
  readonly #scripts: ReturnType<typeof loadScripts>;

  private constructor(redis: Redis, monitor: Redis, retention: Retention) {
    this.#scripts = loadScripts(retention);
    this.#redis = redis;
    this.#monitor = monitor;
    monitor.on("monitor", (_time: string, args: string[], source: string) => {
      if (source === "lua") this.inScripts += 1;
      else this.#lines.push(args);
    });
  }

  /** @param retention of the dockets whose scripts are to be known */
  static async start(url: string, retention = DEFAULT_RETENTION): Promise<Monitor> {
    const redis = new Redis(url);
    const monitor = await redis.monitor();
    return new Monitor(redis, monitor, retention);
  }

  /** What was sent since the last call: all of it, because Redis has seen a command of ours after it. */
  async taken(): Promise<string[]> {
    const mark = `mark ${String(Math.random())}`;
    await this.#redis.echo(mark);
    await until("the mark is seen", () => this.#lines.some((line) => line[1] === mark));
    const lines = this.#lines.splice(0);
    const names = new Map(Object.values(this.#scripts).map(({ name, sha }) => [sha, name]));
    return lines
      .slice(
        0,
        lines.findIndex((line) => line[1] === mark),
      )
      .map(([command = "", argument = ""]) => names.get(argument) ?? command.toLowerCase());
  }

  /** Waits, sending nothing, until a script has been called. */
  async sees(script: "settle"): Promise<void> {
    const { sha } = this.#scripts[script];
    await until(`${script} is seen`, () => this.#lines.some((line) => line[1] === sha));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#monitor.disconnect();
    this.#redis.disconnect();
    return Promise.resolve();
  }
}
