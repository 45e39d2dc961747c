import type { Group, Stored } from "../../src/store/store.js";
import { batchGate, ModelLeaders } from "./leaders.js";
import { limitGate, ModelPlaces } from "./places.js";
import { inOrder, type ModelTask } from "./task.js";

export interface StandingStrike {
  readonly task: string;
  readonly where: string;
  since: number;
  reason: string;
}

interface Met {
  readonly gate: string;
  readonly opensAt: number;
}

/** What keeps tasks from starting: strikes, pauses, rates, batches, limits; and the gates behind which those wait whom that has met. */
export class ModelGates {
  readonly strikes: StandingStrike[] = [];
  readonly pauses = new Map<string, { until: number; reason: string }>();
  /** Gates behind which something waits, and when they open. */
  readonly shut = new Map<string, number>();
  readonly places = new ModelPlaces();
  readonly leaders = new ModelLeaders();
  readonly #starts = new Map<string, number[]>();

  /** The gate that a task finds shut now; undefined: it starts. */
  met(task: ModelTask, now: number): Met | undefined {
    return this.metBeforeBatch(task, now) ?? this.#metBatch(task, now) ?? this.#metLimit(task);
  }

  /** The gate that keeps it from joining others, too. */
  metBeforeBatch(task: ModelTask, now: number): Met | undefined {
    const struck = this.strikes.find((strike) => falls(task.stored, strike));
    if (struck !== undefined) return { gate: strikeGate(struck.task, struck.where), opensAt: Infinity };
    const { group } = task.terms;
    return group && this.#metByGroup(task, group, now);
  }

  #metBatch(task: ModelTask, now: number): Met | undefined {
    const gate = batchGate(task);
    if (gate === undefined || !this.leaders.waits(task)) return undefined;
    return { gate, opensAt: now + (task.terms.batch?.withinMs ?? 0) };
  }

  #metByGroup(task: ModelTask, group: Group, now: number): Met | undefined {
    // Who was held goes before those who come.
    const queue = (gate: string): number | undefined =>
      task.heldSince === undefined ? this.shut.get(gate) : undefined;
    const pause = pauseGate(group.name);
    const pausedUntil = this.pausedUntil(group.name, now) ?? queue(pause);
    if (pausedUntil !== undefined) return { gate: pause, opensAt: pausedUntil };
    if (group.rate === undefined) return undefined;
    const gate = rateGate(task.stored.name, group.name);
    const counted = this.#counted(gate, group.rate, now);
    const [first = now] = counted;
    const opensAt = counted.length >= group.rate.limit ? first + group.rate.perMs : queue(gate);
    return opensAt === undefined ? undefined : { gate, opensAt };
  }

  /** It has a place, or there is one, and nobody stands before it. */
  #metLimit(task: ModelTask): Met | undefined {
    const gate = limitGate(task);
    if (gate === undefined) return undefined;
    const taken = this.places.taken(gate);
    if (taken.includes(task)) return undefined;
    const free = taken.length < (task.terms.limit?.most ?? 0);
    if (free && (task.heldSince !== undefined || !this.shut.has(gate))) return undefined;
    return { gate, opensAt: Infinity };
  }

  /** It starts: that counts for its rate, and it has a place of its limit. */
  starts(task: ModelTask, now: number): void {
    const { group } = task.terms;
    const limit = limitGate(task);
    if (limit !== undefined) this.places.take(limit, task);
    if (group?.rate === undefined) return;
    const gate = rateGate(task.stored.name, group.name);
    this.#starts.set(gate, [...this.#counted(gate, group.rate, now), now]);
  }

  pause(group: string, until: number, reason: string): void {
    this.pauses.set(group, { until, reason });
    if (this.shut.has(pauseGate(group))) this.shut.set(pauseGate(group), until);
  }

  strike(task: string, where: string, since: number, reason: string): void {
    const standing = this.strikes.find((one) => one.task === task && one.where === where);
    if (standing === undefined) this.strikes.push({ task, where, since, reason });
    else Object.assign(standing, { since, reason });
  }

  pausedUntil(group: string, now: number): number | undefined {
    const pause = this.pauses.get(group);
    return pause !== undefined && pause.until > now ? pause.until : undefined;
  }

  /** Those that a gate lets through now, out of those behind it. */
  through(gate: string, behind: readonly ModelTask[], now: number): ModelTask[] {
    const waiting = inOrder(behind, ({ heldSince }) => heldSince ?? 0);
    const rate = gate.startsWith("r") ? waiting[0]?.terms.group?.rate : undefined;
    const counted = rate === undefined ? [] : this.#counted(gate, rate, now);
    const most = rate === undefined ? waiting.length : Math.max(0, rate.limit - counted.length);
    if (most >= waiting.length) this.shut.delete(gate);
    else this.shut.set(gate, (counted[0] ?? now) + (rate?.perMs ?? 0));
    return waiting.slice(0, most);
  }

  /** Those that a limit lets through now, each of which has a place then. */
  throughLimit(gate: string, behind: readonly ModelTask[]): ModelTask[] {
    const waiting = inOrder(behind, ({ heldSince }) => heldSince ?? 0);
    const kept = waiting.findIndex((task) => !this.places.take(gate, task));
    if (kept < 0) this.shut.delete(gate);
    return kept < 0 ? waiting : waiting.slice(0, kept);
  }

  #counted(gate: string, { limit, perMs }: NonNullable<Group["rate"]>, now: number): number[] {
    return (this.#starts.get(gate) ?? []).filter((start) => start + perMs > now).slice(-limit);
  }
}

export const pauseGate = (group: string): string => `p\t${group}`;
export const strikeGate = (task: string, where: string): string => `s\t${task}\t${where}`;
const rateGate = (name: string, group: string): string => `r\t${name}\t${group}`;

function falls({ name, payload }: Stored, strike: StandingStrike): boolean {
  if (strike.task !== name) return false;
  if (strike.where === "") return true;
  const fields = (json: string): Map<string, unknown> => {
    const read: unknown = JSON.parse(json);
    return new Map(Object.entries(read ?? {}));
  };
  const has = fields(payload);
  return [...fields(strike.where)].every(([field, value]) => has.get(field) === value);
}
