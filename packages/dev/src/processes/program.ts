import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { type Keeper, type OrphanSignal, startKeeper } from "./keeper.js";

export interface ProgramSpec {
  /** For messages: "redis-server", "the PDS". */
  name: string;
  command: string;
  args: readonly string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  /** A Node process that tells us things through `process.send`; it also learns of our death by it. */
  ipc?: boolean;
  /** Gets what it writes, both streams, as it comes. */
  onOutput?: (text: string) => void;
  /** What asks it to end. Default SIGTERM. */
  stopSignal?: "SIGTERM" | "SIGINT";
  orphanSignal?: OrphanSignal;
  /** Removed when this Node process dies before `close`. */
  folder?: string;
  /** How long `stop` waits before it kills, in ms. Default 15,000. */
  grace?: number;
}

const KEPT_OUTPUT = 16 * 1024;

/**
 * One operating-system process that can be started, ended in every way a test needs, and started again.
 * It never outlives this Node process, also when that is killed.
 */
export class Program {
  readonly #spec: ProgramSpec;
  readonly #keeper: Keeper;
  #child: ChildProcess | undefined;
  #output = "";
  #exitCode: number | null = null;
  #closed = false;

  constructor(spec: ProgramSpec) {
    this.#spec = spec;
    this.#keeper = startKeeper(spec.orphanSignal ?? "KILL", spec.folder);
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** @throws when it isn't running */
  get pid(): number {
    return this.#running().pid;
  }

  /** The last 16 KiB of what it wrote, both streams, of this run. */
  get output(): string {
    return this.#output;
  }

  /** Of the last run; null while there is none, and when a signal ended it. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /**
   * Starts the process; returns as soon as it exists, which says nothing about its being ready.
   *
   * @param args in place of those given at construction
   * @throws when it runs already, was closed, or the program can't be executed
   */
  async start(args: readonly string[] = this.#spec.args): Promise<ChildProcess> {
    const { name, command, cwd, env, uid, gid, ipc } = this.#spec;
    if (this.#closed) throw new Error(`${name} was closed and can't be started again; make a new one.`);
    if (this.#child) throw new Error(`${name} is running already; stop it first.`);
    this.#output = "";
    this.#exitCode = null;
    const child = spawn(command, args, {
      // Away from the terminal's group: a Ctrl-C reaches us alone, and we end things in order.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", ...(ipc ? (["ipc"] as const) : [])],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    this.#child = child;
    child.once("exit", (code) => {
      this.#exitCode = code;
      this.#keeper.forget();
      this.#child = undefined;
    });
    this.#listenTo(child);
    try {
      await once(child, "spawn");
    } catch (error) {
      this.#child = undefined;
      throw new Error(`${name} could not be started (${command}); is it installed?`, { cause: error });
    }
    if (child.pid !== undefined) this.#keeper.watch(child.pid);
    return child;
  }

  /** Resolves when the process has ended, at once when there is none. */
  async ended(): Promise<void> {
    const child = this.#child;
    if (child) await once(child, "exit");
  }

  /**
   * Asks it to end, and waits until it has. No-op when it isn't running; works on a paused process.
   *
   * @throws when it had to be killed, because that is a fault worth knowing
   */
  async stop(): Promise<void> {
    if (!this.#child) return;
    const { name, grace = 15_000, stopSignal = "SIGTERM" } = this.#spec;
    const ended = this.ended();
    this.#child.kill(stopSignal);
    this.#child.kill("SIGCONT");
    const limit = new AbortController();
    const inTime = await Promise.race([
      ended.then(() => true),
      pause(grace, false, { signal: limit.signal }).catch(() => false),
    ]);
    limit.abort();
    if (inTime) return;
    await this.kill();
    throw new Error(
      `${name} did not end within ${String(grace)} ms of being asked to, and was killed. It last wrote:\n${this.#output}`,
    );
  }

  /** `kill -9`, and waits until it is gone. No-op when it isn't running. */
  async kill(): Promise<void> {
    if (!this.#child) return;
    const ended = this.ended();
    this.#child.kill("SIGKILL");
    await ended;
  }

  /** SIGSTOP: it holds its connections and answers nothing. @throws when it isn't running */
  pause(): void {
    this.#running().child.kill("SIGSTOP");
  }

  /** SIGCONT. @throws when it isn't running */
  resume(): void {
    this.#running().child.kill("SIGCONT");
  }

  /** Stops it for good. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.stop();
    } finally {
      this.#keeper.release();
    }
  }

  #running(): { child: ChildProcess; pid: number } {
    const child = this.#child;
    if (child?.pid === undefined) throw new Error(`${this.#spec.name} is not running.`);
    return { child, pid: child.pid };
  }

  #listenTo(child: ChildProcess): void {
    const hear = (chunk: Buffer): void => {
      const text = chunk.toString();
      this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      this.#spec.onOutput?.(text);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
  }
}
