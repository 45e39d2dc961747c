import { Worker, type Transferable } from "node:worker_threads";
import type { Likeness } from "./fingerprint-index.js";
import { answered, likenesses, type Asked, type KnownContent, type Question } from "./thread-messages.js";

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

// Compiled also when this file itself runs from its source in a test.
const program = new URL("../../dist/fingerprints/main.js", import.meta.url);

/**
 * Makes fingerprints and searches the known ones, in a thread of its own, which is started when it is first needed. Does
 * the thread end, what was asked fails, and the next question starts another, which knows no contents.
 */
export class FingerprintThread {
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #asked = 0;
  /** The newest content that was added; 0: none. */
  #newest = 0;

  get newest(): number {
    return this.#newest;
  }

  /** One at a time: a second one that is begun takes the place of the first. */
  async begin(): Promise<void> {
    await this.#ask({ kind: "begin" });
  }

  /** The samples are given away. */
  async feed(samples: Int16Array<ArrayBuffer>): Promise<void> {
    await this.#ask({ kind: "feed", samples }, [samples.buffer]);
  }

  async finish(): Promise<Uint32Array> {
    const fingerprint = await this.#ask({ kind: "finish" });
    if (!(fingerprint instanceof Uint32Array)) throw new TypeError("the thread gave no fingerprint");
    return fingerprint;
  }

  /** In the order of their numbers. */
  async add(contents: readonly KnownContent[]): Promise<void> {
    await this.#ask({ kind: "add", contents });
    this.#newest = contents.at(-1)?.content ?? this.#newest;
  }

  async search(fingerprint: Uint32Array, except: readonly number[]): Promise<readonly Likeness[]> {
    return likenesses.parse(await this.#ask({ kind: "search", fingerprint, except }));
  }

  /** What is being asked fails. May be called twice, and before anything was asked. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(question: Question, given: Transferable[] = []): Promise<unknown> {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      worker.ref();
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, question } satisfies Asked, given);
    });
  }

  #start(): Worker {
    const worker = new Worker(program);
    worker.on("message", (message: unknown) => {
      const { id, answer, error } = answered.parse(message);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      // A process that has nothing else to do may end.
      if (this.#waiting.size === 0) worker.unref();
      if (error === null) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    worker.once("exit", () => {
      const { size } = this.#waiting;
      const left = [...this.#waiting.values()];
      this.#waiting = new Map();
      this.#worker = undefined;
      this.#newest = 0;
      if (size === 0) return;
      const error = new Error("The thread that compares fingerprints ended", { cause });
      for (const { reject } of left) reject(error);
    });
    return worker;
  }
}
