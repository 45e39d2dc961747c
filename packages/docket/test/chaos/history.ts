import type { DeadLetter } from "../../src/index.js";
import type { Line, Operation } from "./journal.js";
import { LEASE_MS } from "./setting.js";

export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** A process, from its start to its end. */
export interface Life {
  readonly name: string;
  readonly began: number;
  /** Infinity: not before all was over. */
  readonly ended: number;
  /** By a signal, not in order. */
  readonly killed: boolean;
  /** When it was stopped. */
  readonly stops: readonly Interval[];
  readonly lines: readonly Line[];
}

export interface Call {
  readonly n: string;
  readonly op: Operation;
  readonly task: string;
  readonly of: string;
  readonly key: string;
  readonly lane: string;
  readonly ms: number;
  readonly ends: "done" | "dead";
  readonly asked: number;
  /** What it was answered and when; undefined: it may have been carried out or not. */
  told:
    | { readonly at: number; readonly id: string; readonly added: boolean; readonly answer: string }
    | undefined;
}

export interface Run {
  readonly id: string;
  readonly n: string;
  readonly task: string;
  readonly delivery: number;
  readonly attempt: number;
  readonly life: Life;
  readonly began: number;
  ended: number | undefined;
  /** The name of what it threw; empty: it was done. */
  error: string;
  aborted: { readonly at: number; readonly reason: string } | undefined;
}

/** Runs that began together, in this order; see `batchedAs`. */
export interface Batch {
  readonly task: string;
  readonly of: readonly string[];
}

interface Wait {
  readonly n: string;
  result: { readonly value: string; readonly error: string } | undefined;
  /** Who waited was not killed. */
  readonly waiterLived: boolean;
}

/** How long after a trouble of Redis its clients may still suffer from it: their calls' time, and reconnecting. */
const AFTERMATH_MS = 2_500;

/** All that was asked of the engine and all that it did, by the journals of those who asked and ran. */
export class History {
  readonly calls = new Map<string, Call>();
  /** By when they began. */
  readonly runs: readonly Run[];
  readonly runsOf: ReadonlyMap<string, readonly Run[]>;
  readonly waits: Wait[] = [];
  readonly batches: Batch[] = [];
  readonly lives: readonly Life[];
  readonly letters: ReadonlyMap<string, DeadLetter>;
  /** Ids of what strangers wrote. */
  readonly strangers: readonly string[];
  /** When all that was still paused or struck was let go. */
  readonly letGoAt: number;
  readonly quietAt: number;
  readonly #troubles: readonly Interval[];
  readonly #holds = new Map<Life, readonly Interval[]>();

  /** @param troubles when Redis, or the way to it, was disturbed */
  constructor(known: {
    lives: readonly Life[];
    letters: readonly DeadLetter[];
    strangers: readonly string[];
    troubles: readonly Interval[];
    letGoAt: number;
    quietAt: number;
  }) {
    this.lives = known.lives;
    this.strangers = known.strangers;
    this.letGoAt = known.letGoAt;
    this.quietAt = known.quietAt;
    this.letters = new Map(known.letters.map((letter) => [letter.id, letter]));
    this.#troubles = known.troubles.map(({ from, to }) => ({ from, to: to + AFTERMATH_MS }));
    const runs: Run[] = [];
    for (const life of known.lives) this.#read(life, runs);
    this.runs = runs.sort((one, other) => one.began - other.began);
    const runsOf = new Map<string, Run[]>();
    for (const run of this.runs) {
      const others = runsOf.get(run.id);
      if (others === undefined) runsOf.set(run.id, [run]);
      else others.push(run);
    }
    this.runsOf = runsOf;
  }

  /** Until when a run went on, as far as anybody can know. */
  endOf({ ended, life }: Run): number {
    return ended ?? life.ended;
  }

  /** How many of these ms the process of a run could do nothing, or not reach Redis. */
  hindered({ life }: Pick<Run, "life">, from: number, to: number): number {
    const overlap = (each: Interval): number =>
      Math.max(0, Math.min(each.to, to) - Math.max(each.from, from));
    return [...this.#troubles, ...(this.#holds.get(life) ?? [])].reduce(
      (sum, each) => sum + overlap(each),
      0,
    );
  }

  /** Whether a run began late because its process could do nothing between its claim and its beginning. */
  wasHeldUp({ life, began }: Run): boolean {
    return (this.#holds.get(life) ?? []).some(({ from, to }) => from < began && to > began - LEASE_MS);
  }

  /** Whether there is a reason for which the task of a run was given to somebody once more. */
  mayRunAgain(before: Run, after: Run): boolean {
    if (before.aborted?.reason === "WorkerStopping") return true;
    if (before.error !== "" && before.error !== "LeaseLost") return true;
    const until = before.ended ?? after.began;
    if (before.life.ended < until + 1_500) return true;
    return this.hindered(before, before.began - LEASE_MS - 1_000, until + LEASE_MS + 1_000) > 0;
  }

  /** Whether a run that went on while the next one of its task or lane ran had lost its lease, and knew it soon. */
  mayOverlap(first: Run, second: Run): boolean {
    if (first.aborted?.reason === "WorkerStopping" && first.aborted.at <= second.began) return true;
    const both = Math.max(first.began, second.began);
    const since = second.began - LEASE_MS - 1_500;
    if (this.hindered(first, since, both + 100) === 0) return false;
    const soon = both + LEASE_MS / 3 + 2_000;
    const limit = soon + this.hindered(first, both, soon + 10_000);
    return Math.min(this.endOf(first), first.aborted?.at ?? Infinity) <= limit;
  }

  /** What the journals say of a call or an id, to be read by people. */
  tell(of: string): string[] {
    const ids = new Set([of, this.calls.get(of)?.told?.id].filter((id) => id !== ""));
    const concerns = (said: Line): boolean =>
      ("n" in said && said.n === of) ||
      ("id" in said && said.id !== "" && ids.has(said.id)) ||
      (said.what === "together" && said.of.some((run) => ids.has(run.split(" ")[0] ?? ""))) ||
      (said.what === "asked" && ids.has(said.of));
    const told = this.lives.flatMap(({ name, lines }) =>
      lines.filter(concerns).map((said) => ({ t: said.t, text: `${name} ${JSON.stringify(said)}` })),
    );
    return told.sort((one, other) => one.t - other.t).map(({ text }) => text);
  }

  #read(life: Life, runs: Run[]): void {
    const running = new Map<string, Run>();
    const waits = new Map<string, Wait>();
    const holds: Interval[] = [...life.stops];
    for (const said of life.lines) {
      const run = "delivery" in said ? running.get(`${said.id} ${String(said.delivery)}`) : undefined;
      switch (said.what) {
        case "asked": {
          this.calls.set(said.n, { ...said, asked: said.t, told: undefined });
          break;
        }
        case "told": {
          const call = this.calls.get(said.n);
          if (call !== undefined) call.told = { ...said, at: said.t };
          break;
        }
        case "unknown":
          break;
        case "together":
          this.batches.push(said);
          break;
        case "began": {
          const begun: Run = {
            ...said,
            life,
            began: said.t,
            ended: undefined,
            error: "",
            aborted: undefined,
          };
          running.set(`${said.id} ${String(said.delivery)}`, begun);
          runs.push(begun);
          break;
        }
        case "aborted":
          if (run !== undefined) run.aborted = { at: said.t, reason: said.reason };
          break;
        case "ended":
          if (run !== undefined) Object.assign(run, { ended: said.t, error: said.error });
          break;
        case "stalled":
          holds.push({ from: said.t - said.ms, to: said.t });
          break;
        case "waits": {
          const wait: Wait = { n: said.n, result: undefined, waiterLived: !life.killed };
          waits.set(said.n, wait);
          this.waits.push(wait);
          break;
        }
        case "result": {
          const wait = waits.get(said.n);
          if (wait !== undefined) wait.result = said;
          break;
        }
      }
    }
    // What a stop held up is made up for a little later.
    this.#holds.set(
      life,
      holds.map(({ from, to }) => ({ from, to: to + 500 })),
    );
  }
}
