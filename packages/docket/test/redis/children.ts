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
  readonly #process: ChildProcess;
  #ready = false;

  private constructor(orders: Orders) {
    this.#process = fork(path("child.ts"), [JSON.stringify(orders)], {
      execArgv: ["--import", path("from-source.mjs")],
    });
    this.#process.on("message", (message) => {
      const said = told.parse(message);
      if ("began" in said) this.began.push(said.began);
      else this.#ready = true;
    });
  }

  /** Resolves when its worker can claim and what it had to add is added. */
  static async start(orders: Orders): Promise<Child> {
    const child = new Child(orders);
    await until("the child is ready", () => child.#ready);
    return child;
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
