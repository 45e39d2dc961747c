import type { Overview, TaskOverview } from "../sight.js";
import type { Outcome } from "../store.js";
import type { Entry, Shelf } from "./shelf.js";
import { summaryOf, type Summary } from "./summary.js";

const MINUTE = 60_000;
/** Minutes. */
const KEPT = 16;

type Ends = TaskOverview["ended"];
const NONE: Ends = { done: 0, failed: 0, putOff: 0, dead: 0 };
const COUNTED = { done: "done", retry: "failed", park: "putOff", dead: "dead" } as const;

/** What has happened, in numbers. */
export class Tally {
  readonly #shelf: Shelf;
  readonly #counts = new Map<string, number>();
  /** By minute and task. */
  readonly #ends = new Map<number, Map<string, Ends>>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  summary(dead: number): Summary {
    return summaryOf(this.#shelf, dead, this.#counts);
  }

  ended(task: string, { kind }: Outcome, now: number): void {
    if (kind === "return" || kind === "aside") return;
    const minute = Math.floor(now / MINUTE);
    const ends = this.#ends.get(minute) ?? new Map<string, Ends>();
    const as = COUNTED[kind];
    const before = ends.get(task) ?? NONE;
    ends.set(task, { ...before, [as]: before[as] + 1 });
    this.#ends.set(minute, ends);
    for (const old of this.#ends.keys()) if (old <= minute - KEPT) this.#ends.delete(old);
  }

  overview(minutes: number, now: number): Overview {
    const entries = Map.groupBy(this.#shelf.all(), ({ stored }) => stored.name);
    const last = Math.floor(now / MINUTE);
    const ends = new Map<string, Ends>();
    for (const [minute, counted] of this.#ends) {
      if (minute <= last - minutes) continue;
      for (const [task, more] of counted) ends.set(task, sum(ends.get(task) ?? NONE, more));
    }
    const names = new Set([...entries.keys(), ...ends.keys()]);
    const tasks = [...names].map((task) => of(task, entries.get(task) ?? [], ends.get(task) ?? NONE));
    return { estimated: false, tasks };
  }
}

function of(task: string, entries: readonly Entry[], ended: Ends): TaskOverview {
  const at = (kind: Entry["place"]["kind"]): readonly Entry[] =>
    entries.filter(({ place }) => place.kind === kind);
  return {
    task,
    waiting: at("ready").length,
    delayed: at("scheduled").length,
    running: at("leased").length,
    held: at("held").length,
    blocked: at("blocked").length,
    aside: at("aside").length,
    oldestWaitingAt: first(at("ready").map(({ stored }) => stored.addedAt)),
    oldestRunningAt: first(entries.flatMap(({ place }) => (place.kind === "leased" ? [place.since] : []))),
    ended,
  };
}

function first(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}

function sum(one: Ends, other: Ends): Ends {
  return {
    done: one.done + other.done,
    failed: one.failed + other.failed,
    putOff: one.putOff + other.putOff,
    dead: one.dead + other.dead,
  };
}
