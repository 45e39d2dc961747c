import type { Group, Pause } from "../store.js";
import type { Entry, Shelf } from "./shelf.js";

interface Shut {
  opensAt: number;
  /** In the order in which they are to start. */
  readonly behind: Entry[];
  /** Undefined: the gate of a pause. */
  readonly rate: Group["rate"];
}

/** Two gates stand before a task of a group when its turn comes: shut while its group is paused, or has had its starts. */
export class Gates {
  readonly #shelf: Shelf;
  readonly #pauses = new Map<string, Pause>();
  readonly #shut = new Map<string, Shut>();
  readonly #starts = new Map<string, number[]>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  pause(group: string, until: number, reason: string): void {
    this.#pauses.set(group, { group, until, reason });
    const shut = this.#shut.get(pauseGate(group));
    if (shut !== undefined) shut.opensAt = until;
  }

  /** False when it wasn't paused. */
  resume(group: string, now: number): boolean {
    const was = this.#pausedUntil(group, now) !== undefined;
    this.#pauses.delete(group);
    this.#open(pauseGate(group), now);
    return was;
  }

  paused(now: number): Pause[] {
    return [...this.#pauses.values()].filter(({ until }) => until > now);
  }

  /** Whether a task whose turn has come may start; one that may not is held. Who was held before goes before those who come. */
  passes(entry: Entry, now: number): boolean {
    const { group, stored, heldSince } = entry;
    if (group === undefined) return true;
    const { name, rate } = group;
    const queued = (gate: string): number | undefined =>
      heldSince === undefined ? this.#shut.get(gate)?.opensAt : undefined;
    const pause = pauseGate(name);
    const opensAt = this.#pausedUntil(name, now) ?? queued(pause);
    if (opensAt !== undefined) return this.#hold(entry, pause, { opensAt, rate: undefined }, now);
    if (rate !== undefined) {
      const gate = `rate\t${stored.name}\t${name}`;
      const starts = this.#counted(gate, rate, now);
      const [oldest = now] = starts;
      const full = starts.length >= rate.limit ? oldest + rate.perMs : undefined;
      const opens = full ?? queued(gate);
      if (opens !== undefined) return this.#hold(entry, gate, { opensAt: opens, rate }, now);
      this.#starts.set(gate, [...starts, now]);
    }
    entry.heldSince = undefined;
    return true;
  }

  /** Lets those through that stand behind a gate whose time has come: all, or as many as its rate allows. */
  open(now: number): void {
    for (const [gate, { opensAt }] of this.#shut) if (opensAt <= now) this.#open(gate, now);
  }

  /** Takes out one that may be held. */
  leave(entry: Entry): void {
    if (entry.place.kind !== "held") return;
    const { gate } = entry.place;
    const behind = this.#shut.get(gate)?.behind ?? [];
    const at = behind.indexOf(entry);
    if (at >= 0) behind.splice(at, 1);
    if (behind.length === 0) this.#shut.delete(gate);
  }

  /** When the first gate opens behind which something stands. */
  nextEvent(): number | undefined {
    const times = [...this.#shut.values()].map(({ opensAt }) => opensAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #open(gate: string, now: number): void {
    const shut = this.#shut.get(gate);
    if (shut === undefined) return;
    const { behind, rate } = shut;
    let most = behind.length;
    if (rate !== undefined) {
      const starts = this.#counted(gate, rate, now);
      most = rate.limit - starts.length;
      shut.opensAt = (starts[0] ?? now) + rate.perMs;
    }
    for (const entry of behind.splice(0, Math.max(0, most))) this.#shelf.put(entry, { kind: "ready" });
    if (behind.length === 0) this.#shut.delete(gate);
  }

  #pausedUntil(group: string, now: number): number | undefined {
    const pause = this.#pauses.get(group);
    if (pause === undefined || pause.until > now) return pause?.until;
    this.#pauses.delete(group);
    return undefined;
  }

  /** The last starts that still count. */
  #counted(gate: string, rate: NonNullable<Group["rate"]>, now: number): number[] {
    const starts = (this.#starts.get(gate) ?? [])
      .filter((start) => start + rate.perMs > now)
      .slice(-rate.limit);
    if (starts.length === 0) this.#starts.delete(gate);
    return starts;
  }

  #hold(entry: Entry, gate: string, { opensAt, rate }: Omit<Shut, "behind">, now: number): false {
    const shut = this.#shut.get(gate) ?? { opensAt, rate, behind: [] };
    this.#shut.set(gate, shut);
    const since = (entry.heldSince ??= now);
    const at = shut.behind.findIndex(
      (other) => (other.heldSince ?? 0) > since || (other.heldSince === since && other.id > entry.id),
    );
    shut.behind.splice(at < 0 ? shut.behind.length : at, 0, entry);
    this.#shelf.put(entry, { kind: "held", gate });
    return false;
  }
}

function pauseGate(group: string): string {
  return `pause\t${group}`;
}

export function isSameGroup(one: Group | undefined, other: Group | undefined): boolean {
  const same = one?.rate?.limit === other?.rate?.limit && one?.rate?.perMs === other?.rate?.perMs;
  return same && one?.name === other?.name;
}
