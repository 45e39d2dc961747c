import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Report, type Order } from "./messages.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** One contender's worker in a process of its own. */
export class Apart implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #started = new Map<number, (at: number) => void>();
  readonly #weight = Promise.withResolvers<{ rss: number; heapUsed: number }>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    // Asked for only where it is to come.
    this.#weight.promise.catch(() => undefined);
  }

  /** Resolves when it claims. */
  static async start(order: Order): Promise<Apart> {
    const child = fork(MAIN, [JSON.stringify(order)], { execArgv: ["--expose-gc"] });
    const apart = new Apart(child);
    const ready = Promise.withResolvers<undefined>();
    child.on("message", (message) => {
      const report = Report.parse(message);
      if (report.kind === "ready") ready.resolve(undefined);
      else if (report.kind === "weighs") apart.#weight.resolve(report);
      else apart.#started.get(report.n)?.(report.at);
    });
    child.once("exit", (code) => {
      const trouble = new Error(`${order.contender}'s process ended with code ${String(code)}`);
      ready.reject(trouble);
      apart.#weight.reject(trouble);
    });
    await ready.promise;
    return apart;
  }

  /** When this task starts there, in ms of the machine's monotonic clock. Ask before it is added. */
  started(n: number): Promise<number> {
    return new Promise((resolve) => {
      this.#started.set(n, (at) => {
        this.#started.delete(n);
        resolve(at);
      });
    });
  }

  /** What it weighs after what it was to run, in bytes. */
  weight(): Promise<{ rss: number; heapUsed: number }> {
    return this.#weight.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }
}
