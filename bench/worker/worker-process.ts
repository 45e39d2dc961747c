import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Report, type Order } from "./messages.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** A worker in a process of its own, which can be killed as a machine or an out-of-memory killer would. */
export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** When each task started and ended here, in the parent's monotonic ms. */
  readonly started = new Map<number, number>();
  readonly ended = new Map<number, number>();
  readonly #seen: () => void;
  #gone = false;

  private constructor(child: ChildProcess, seen: () => void) {
    this.#child = child;
    this.#seen = seen;
  }

  /** Resolves when it can claim. @param seen called after each change of `started` and `ended` */
  static async start(order: Order, seen: () => void): Promise<WorkerProcess> {
    const child = fork(MAIN, [JSON.stringify(order)]);
    const worker = new WorkerProcess(child, seen);
    const ready = Promise.withResolvers<undefined>();
    child.on("message", (message) => {
      const report = Report.parse(message);
      if (report.kind === "ready") ready.resolve(undefined);
      else worker.#note(report);
    });
    child.once("exit", (code) => {
      worker.#gone = true;
      ready.reject(new Error(`a worker process ended with code ${String(code)} before it was ready`));
    });
    await ready.promise;
    return worker;
  }

  /** `kill -9`. Resolves when it is gone and all that it said before has been heard. */
  async kill(): Promise<void> {
    if (this.#gone) return;
    const heard = this.#child.connected ? once(this.#child, "disconnect") : undefined;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
    await heard;
  }

  /** Tasks that began here and have not ended. */
  held(): number[] {
    return [...this.started.keys()].filter((n) => !this.ended.has(n));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #note({ kind, n }: { kind: "started" | "ended"; n: number }): void {
    (kind === "started" ? this.started : this.ended).set(n, performance.now());
    this.#seen();
  }
}
