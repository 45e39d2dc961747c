import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askRedis, freePort, KEEPER } from "../redis-server.js";
import { until } from "../until.js";

/** A sentinel that decides alone, and soon; gone with this process. */
export class Sentinel implements AsyncDisposable {
  readonly port: number;
  readonly #dir = mkdtempSync(join(tmpdir(), "docket-sentinel-"));
  #keeper: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  /** @param config lines beside those that say whom it watches, as `main` */
  static async over(primary: number, config: readonly string[] = []): Promise<Sentinel> {
    const sentinel = new Sentinel(await freePort());
    const { port } = sentinel;
    const lines = [
      ...[`port ${String(port)}`, "bind 127.0.0.1", `dir ${sentinel.#dir}`],
      `sentinel monitor main 127.0.0.1 ${String(primary)} 1`,
      ...["sentinel down-after-milliseconds main 300", "sentinel failover-timeout main 1500"],
      ...config,
    ];
    const file = join(sentinel.#dir, "sentinel.conf");
    writeFileSync(file, `${lines.join("\n")}\n`);
    sentinel.#keeper = spawn("sh", ["-c", KEEPER, "keeper", sentinel.#dir, file, "--sentinel"], {
      stdio: ["pipe", "ignore", "inherit"],
    });
    return sentinel;
  }

  /** Resolves when it knows the replicas that it needs, asked with this password, if any. */
  async ready(replicas: number, login = ""): Promise<void> {
    await until("the sentinel knows the replicas", async () => {
      const known = await askRedis(`redis://${login}127.0.0.1:${String(this.port)}`, (redis) =>
        redis.call("SENTINEL", ["REPLICAS", "main"]),
      );
      return Array.isArray(known) && known.length === replicas;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const keeper = this.#keeper;
    if (keeper !== undefined) {
      const ended = once(keeper, "exit");
      keeper.stdin?.end("keep\n");
      await ended;
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
