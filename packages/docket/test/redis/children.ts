import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { until } from "../until.js";
import { told, type Orders } from "./orders.js";

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** A worker or an adder in a process of its own. */
export class Child implements AsyncDisposable {
  /** The chores that it has begun, in order. */
  readonly began: number[] = [];
  /** Why the signals of what blocked were aborted. */
  readonly aborted: string[] = [];
  /** What it wrote to stderr. */
  complaints = "";
  readonly #process: ChildProcess;
  #ready = false;

  private constructor(orders: Orders) {
    this.#process = fork(path("child.ts"), [JSON.stringify(orders)], {
      execArgv: ["--import", path("from-source.mjs")],
      stdio: ["inherit", "inherit", "pipe", "ipc"],
    });
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.complaints += chunk.toString();
    });
    this.#process.on("message", (message) => {
      const said = told.parse(message);
      if ("began" in said) this.began.push(said.began);
      else if ("aborted" in said) this.aborted.push(said.aborted);
      else this.#ready = true;
    });
  }

  /** Resolves when its worker can claim (or has), and what it had to add is added. */
  static async start(orders: Orders): Promise<Child> {
    const child = new Child(orders);
    await until("the child is ready", () => child.#ready || child.began.length > 0);
    return child;
  }

  /** The signal that ended it; undefined while it lives. */
  get endedBy(): NodeJS.Signals | undefined {
    return this.#process.signalCode ?? undefined;
  }

  /** `kill -9`, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
