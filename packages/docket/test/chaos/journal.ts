import { appendFileSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { RunContext } from "../../src/index.js";

/** Milliseconds by a clock that all processes of one machine share, and that nobody sets. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const operation = z.enum([
  ...(["add", "replace", "debounce", "cancel", "wake"] as const),
  ...(["pause", "resume", "strike", "restore"] as const),
]);
export type Operation = z.output<typeof operation>;

const t = z.number();
export const line = z.discriminatedUnion("what", [
  /** A call to the engine is about to be made. */
  z.object({
    what: z.literal("asked"),
    t,
    /** Of the call; the payload that it brings along says it too. */
    n: z.string(),
    op: operation,
    task: z.string().default(""),
    /** What is paused or struck, and the id of what is cancelled. */
    of: z.string().default(""),
    key: z.string().default(""),
    lane: z.string().default(""),
    /** How it may not run earlier than after so many ms; for a pause: how long it lasts. */
    ms: z.number().default(0),
    /** How a task that it brings is to end. */
    ends: z.enum(["done", "dead"]).default("done"),
  }),
  /** It was answered. */
  z.object({
    what: z.literal("told"),
    t,
    n: z.string(),
    id: z.string(),
    added: z.boolean(),
    answer: z.string(),
  }),
  /** It failed: it may have been carried out or not. */
  z.object({ what: z.literal("unknown"), t, n: z.string(), error: z.string() }),
  z.object({
    what: z.literal("began"),
    t,
    id: z.string(),
    n: z.string(),
    task: z.string(),
    delivery: z.number(),
    attempt: z.number(),
  }),
  /** These deliveries are about to run in one batch, in this order; of each `id delivery`. */
  z.object({ what: z.literal("together"), t, task: z.string(), of: z.array(z.string()) }),
  z.object({ what: z.literal("aborted"), t, id: z.string(), delivery: z.number(), reason: z.string() }),
  z.object({ what: z.literal("ended"), t, id: z.string(), delivery: z.number(), error: z.string() }),
  /** This process couldn't do anything for so many ms before. */
  z.object({ what: z.literal("stalled"), t, ms: z.number() }),
  /** What somebody who waited for the end of a call's task was told; the error's name where it was one. */
  z.object({ what: z.literal("result"), t, n: z.string(), value: z.string(), error: z.string() }),
  /** Somebody waits for the end of a call's task. */
  z.object({ what: z.literal("waits"), t, n: z.string() }),
]);

export type Line = z.output<typeof line>;
type Said = z.input<typeof line>;
type WithoutTime<T> = T extends unknown ? Omit<T, "t"> : never;

type OneRun = Pick<RunContext<unknown>, "id" | "task" | "delivery" | "attempt" | "signal">;

/** What a process does and is told, written down line by line as it happens: what it wrote before it was killed counts. */
export class Journal {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  write(said: WithoutTime<Said>): void {
    appendFileSync(this.#file, `${JSON.stringify({ t: monotonic(), ...said })}\n`);
  }

  /** Writes down a run of the task that call `n` brought. */
  async run<T>(n: string, ctx: OneRun, act: () => Promise<T>): Promise<T> {
    const { id, task, delivery, attempt, signal } = ctx;
    this.write({ what: "began", id, n, task, delivery, attempt });
    const aborted = (): void => {
      this.write({ what: "aborted", id, delivery, reason: nameOf(signal.reason) });
    };
    signal.addEventListener("abort", aborted, { once: true });
    try {
      const value = await act();
      this.write({ what: "ended", id, delivery, error: "" });
      return value;
    } catch (error) {
      this.write({ what: "ended", id, delivery, error: nameOf(error) });
      throw error;
    } finally {
      signal.removeEventListener("abort", aborted);
    }
  }

  /** Writes down which runs are about to begin in one batch. */
  together(task: string, runs: readonly Pick<OneRun, "id" | "delivery">[]): void {
    this.write({ what: "together", task, of: runs.map(batchedAs) });
  }

  /** Notes when the process was held up: by a signal, by a task that never awaits, by a crowded machine. */
  watchForStalls(): NodeJS.Timeout {
    const every = 100;
    let last = monotonic();
    return setInterval(() => {
      const now = monotonic();
      if (now - last > 4 * every) this.write({ what: "stalled", ms: Math.round(now - last) });
      last = now;
    }, every).unref();
  }
}

/** What a run is called among those of its batch. */
export function batchedAs({ id, delivery }: Pick<OneRun, "id" | "delivery">): string {
  return `${id} ${String(delivery)}`;
}

/** All whole lines of a journal; none if its process didn't come to write any. */
export function readJournal(file: string): Line[] {
  const text = readFileSync(file, { encoding: "utf8", flag: "a+" });
  const lines = text.split("\n");
  lines.pop(); // empty, or what a killed process left half-written
  return lines.map((each) => line.parse(JSON.parse(each)));
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}
