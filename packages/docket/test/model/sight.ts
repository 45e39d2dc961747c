import type { Snapshot } from "../../src/store/sight.js";
import type { Store } from "../../src/store/store.js";
import type { Model } from "./model.js";
import { nextEvent } from "./next-event.js";
import { inOrder, type ModelTask } from "./task.js";

const TEN_MINUTES = 600_000;
const COUNTED = { done: "done", retry: "failed", park: "putOff", dead: "dead" } as const;

/** All that can be seen of a store from outside, in a form that can be compared. */
export async function seen(
  store: Store,
  keys: readonly string[],
  ids: readonly string[],
): Promise<Pick<Snapshot, "nextAt"> & Readonly<Record<string, unknown>>> {
  const [snapshot, overview, found, ends, progress, letters, paused, strikes] = await Promise.all([
    store.snapshot(),
    store.overview(15),
    store.find(keys),
    Promise.all(ids.map((id) => store.end(id))),
    Promise.all(ids.map((id) => store.progress(id))),
    store.letters(1_000, 0),
    store.paused(),
    store.strikes(),
  ]);
  const { workers, lastWorkerAt, aside, tasks, counts, ...numbers } = snapshot;
  return {
    ...numbers,
    lastWorkerAt,
    aside: entries(aside),
    tasks: entries(tasks),
    counts: entries(counts),
    workers: workers
      .map(({ worker, seenAt, aliveUntil }) => `${worker} ${String(seenAt)} ${String(aliveUntil)}`)
      .sort(),
    overview: overview.tasks.toSorted((one, other) => (one.task < other.task ? -1 : 1)),
    found: named(keys, found),
    ends: named(ids, ends),
    progress: named(ids, progress),
    letters,
    paused: paused.toSorted((one, other) => (one.group < other.group ? -1 : 1)),
    strikes: strikes.toSorted((one, other) => (one.task + one.where < other.task + other.where ? -1 : 1)),
  };
}

/** What should be seen of it. @param told when it says that something falls due next */
export function expected(
  model: Model,
  keys: readonly string[],
  ids: readonly string[],
  told: number | undefined,
): unknown {
  const { now, gates } = model;
  const all = [...model.tasks.values()];
  const at = (tasks: readonly ModelTask[], ...places: ModelTask["place"]["in"][]): ModelTask[] =>
    tasks.filter(({ place }) => places.includes(place.in));
  const lasting = [...model.workers].map(([id, worker]) => ({ id, ...worker }));
  const last = inOrder(lasting, ({ aliveUntil }) => aliveUntil).at(-1);
  const lately = model.outcomes.filter((one) => minute(one.at) > minute(now) - 15);
  const names = [...new Set([...all.map(({ stored }) => stored.name), ...lately.map(({ name }) => name)])];
  return {
    now,
    waiting: model.line.length,
    blocked: at(all, "lane", "wake of").length,
    delayed: at(all, "schedule").length,
    held: at(all, "gate").length,
    running: at(all, "hands").length,
    dead: model.letters.all.length,
    oldestWaitingAt: least(model.line.heads().map(({ stored }) => stored.addedAt)),
    nextAt: nextEvent(model, told),
    lastWorkerAt: last?.seenAt,
    aside: tally(model.asides),
    tasks: tally(all),
    counts: entries(Object.fromEntries(model.counts)),
    workers: lasting
      .filter(({ aliveUntil }) => aliveUntil >= now)
      .map(({ id, seenAt, aliveUntil }) => `${id} ${String(seenAt)} ${String(aliveUntil)}`)
      .sort(),
    overview: names
      .sort()
      .map((task) => {
        const own = all.filter(({ stored }) => stored.name === task);
        const since = own.flatMap(({ place }) => (place.in === "hands" ? [place.lease.since] : []));
        const ended = { done: 0, failed: 0, putOff: 0, dead: 0 };
        for (const { name, kind } of lately)
          if (name === task && kind !== "return" && kind !== "aside") ended[COUNTED[kind]] += 1;
        return {
          task,
          waiting: at(own, "line").length,
          delayed: at(own, "schedule").length,
          running: at(own, "hands").length,
          held: at(own, "gate").length,
          blocked: at(own, "lane", "wake of").length,
          aside: at(own, "aside").length,
          oldestWaitingAt: least(at(own, "line").map(({ stored }) => stored.addedAt)),
          oldestRunningAt: least(since),
          ended,
        };
      })
      .filter(
        (one) =>
          one.waiting + one.delayed + one.running + one.held + one.blocked + one.aside > 0 ||
          Object.values(one.ended).some((count) => count > 0),
      ),
    found: named(
      keys,
      keys.map((key) => find(model, key)),
    ),
    ends: named(
      ids,
      ids.map((id) => end(model, id)),
    ),
    progress: named(
      ids,
      ids.map((id) => {
        const place = model.tasks.get(id)?.place;
        return place?.in === "hands" ? place.lease.progress : undefined;
      }),
    ),
    letters: inOrder(model.letters.all, ({ diedAt }) => diedAt)
      .reverse()
      .map(({ id, diedAt, info, stored, failures }) => ({ id, diedAt, info, stored, failures })),
    paused: [...gates.pauses]
      .map(([group, { until, reason }]) => ({ group, until, reason }))
      .filter(({ until }) => until > now)
      .sort((one, other) => (one.group < other.group ? -1 : 1)),
    strikes: gates.strikes
      .map(({ task, where, since, reason }) => {
        const gate = `s\t${task}\t${where}`;
        const held = all.filter(({ place }) => place.in === "gate" && place.gate === gate).length;
        return { task, where, since, reason, held };
      })
      .sort((one, other) => (one.task + one.where < other.task + other.where ? -1 : 1)),
  };
}

function find(model: Model, key: string): unknown {
  const task = model.tasks.get(model.keys.get(key) ?? "");
  if (task !== undefined) {
    const state =
      task.place.in === "hands" ? "running" : task.place.in === "schedule" ? "delayed" : "waiting";
    return { state, id: task.id, info: undefined };
  }
  const letter = model.letters.ofKey(key);
  if (letter === undefined) return { state: "unknown", id: undefined, info: undefined };
  return { state: "dead", id: letter.id, info: letter.info };
}

function end(model: Model, id: string): unknown {
  if (model.tasks.has(id)) return { kind: "living" };
  const letter = model.letters.of(id);
  if (letter !== undefined) return { kind: "dead", info: letter.info };
  const kept = model.ends.get(id);
  return kept !== undefined && kept.at > model.now - TEN_MINUTES ? kept.end : { kind: "unknown" };
}

function least(times: readonly number[]): number | undefined {
  const first = Math.min(...times);
  return first === Infinity ? undefined : first;
}

function tally(tasks: readonly ModelTask[]): [string, number][] {
  const counts: Record<string, number> = {};
  for (const { stored } of tasks) counts[stored.name] = (counts[stored.name] ?? 0) + 1;
  return entries(counts);
}

function entries(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

function named<T>(names: readonly string[], values: readonly T[]): [string, T | undefined][] {
  return names.map((name, at) => [name, values[at]]);
}

const minute = (at: number): number => Math.floor(at / 60_000);
