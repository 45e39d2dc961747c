import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { until } from "./until.js";

// The shell's standard input ends when this process does, however it ends: then the server and its folder go too.
// It tells the server's number first, so that signals reach the server and not the shell. A file that may not grow is to be an
// error to the server, not its end.
export const KEEPER =
  'trap "" XFSZ; dir="$1"; shift; redis-server "$@" & pid=$!; echo "$pid"; read -r word; kill -9 "$pid"; wait; [ "$word" = keep ] || rm -rf "$dir"';

/** A Redis of one's own: on loopback, on a free port, in a temp folder, gone with this process. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #args: readonly string[];
  readonly #dir = mkdtempSync(join(tmpdir(), "docket-redis-"));
  #keeper: ChildProcess | undefined;
  #pid = 0;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
  }

  /** A node of a cluster, which knows no other and has no slots yet. */
  static async startNode(args: readonly string[] = []): Promise<RedisServer> {
    const bus = ["--cluster-port", String(await freePort())];
    const swift = ["--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no"];
    return RedisServer.start(["--cluster-enabled", "yes", ...bus, ...swift, ...args]);
  }

  /** @param args further ones of redis-server; by default nothing is kept on disk. */
  static async start(args: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), args);
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${String(this.port)}`;
  }

  get socketPath(): string {
    return join(this.#dir, "redis.sock");
  }

  /** Starts it (again), with what it kept on disk. */
  async restart(): Promise<void> {
    await this.kill();
    const where = [
      "--port",
      String(this.port),
      "--bind",
      "127.0.0.1",
      "--dir",
      this.#dir,
      "--unixsocket",
      this.socketPath,
    ];
    const how = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", ...this.#args];
    const keeper = spawn("sh", ["-c", KEEPER, "keeper", this.#dir, ...where, ...how], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#keeper = keeper;
    let output = "";
    keeper.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    keeper.stdin.on("error", () => undefined);
    this.#pid = await until("redis-server is started", () => /^(\d+)\n/m.exec(output)?.[1]).then(Number);
    await until(`redis-server answers (${output})`, () => this.ask((redis) => redis.ping()));
  }

  /** Starts it unless it runs and answers. */
  async up(): Promise<void> {
    const answers = await this.ask((redis) => redis.ping()).then(
      () => true,
      () => false,
    );
    if (!answers) await this.restart();
  }

  /** `kill -9`, and waits until it is gone; what it wrote to disk stays. */
  async kill(): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined) return;
    this.#keeper = undefined;
    const ended = once(keeper, "exit");
    keeper.stdin?.end("keep\n");
    await ended;
  }

  /** SIGSTOP: it accepts connections and answers nothing. */
  hang(): void {
    process.kill(this.#pid, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.#pid, "SIGCONT");
  }

  /** How large any file may become that it writes, in bytes; its disk is as good as full beyond that. */
  limitFiles(bytes: number | "unlimited"): void {
    execFileSync("prlimit", ["--pid", String(this.#pid), `--fsize=${String(bytes)}:`]);
  }

  /** Asks it something on a connection of its own. */
  ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    return askRedis(this.url, question);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Asks a Redis something on a connection that is closed afterwards. */
export async function askRedis<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on("error", () => undefined);
  try {
    await redis.connect();
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

// Below the range from which outgoing connections get their ports: none can take it while the server is down.
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    try {
      probe.listen({ port, host: "127.0.0.1", exclusive: true });
      await once(probe, "listening");
      return port;
    } catch {
      continue; // taken
    } finally {
      probe.close();
    }
  }
  throw new Error("no free port was found between 20000 and 32000");
}
