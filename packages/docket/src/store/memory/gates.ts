import type { Strike, StrikeName } from "../sight.js";
import type { Group, Pause } from "../store.js";
import type { Entry, Shelf } from "./shelf.js";
import { gateOf, Strikes } from "./strikes.js";

interface Shut {
  opensAt: number;
  /** In the order in which they are to start. */
  readonly behind: Entry[];
  /** Undefined: the gate of a pause. */
  readonly rate: Group["rate"];
}

/**
 * Two gates stand before a task of a group when its turn comes: shut while its group is paused, or has had its starts. Before
 * those stands, for any task, that of a strike.
 */
export class Gates {
  readonly #shelf: Shelf;
  readonly #pauses = new Map<string, Pause>();
  readonly #shut = new Map<string, Shut>();
  readonly #starts = new Map<string, number[]>();
  readonly #strikes = new Strikes();

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

  /** False when too many strikes stand. */
  strike(strike: StrikeName, now: number, reason: string): boolean {
    return this.#strikes.add(strike, now, reason);
  }

  /** False when it didn't stand. */
  restore(strike: StrikeName, now: number): boolean {
    const was = this.#strikes.delete(strike);
    this.#open(gateOf(strike), now);
    return was;
  }

  isStruck({ place }: Entry): boolean {
    return place.kind === "held" && this.#shut.get(place.gate)?.opensAt === Infinity;
  }

  strikes(): Strike[] {
    return this.#strikes.all().map((strike) => {
      return { ...strike, held: this.#shut.get(gateOf(strike))?.behind.length ?? 0 };
    });
  }

  /** The next in turn that may start: what is laid aside and known first. Those that may not are held. */
  next(known: readonly string[], now: number): Entry | undefined {
    for (const name of [...known].sort())
      for (const entry of this.#shelf.at("aside"))
        if (entry.stored.name === name && this.passes(entry, now)) return entry;
    let entry = this.#shelf.takeTurn();
    while (entry !== undefined && !this.passes(entry, now)) entry = this.#shelf.takeTurn();
    return entry;
  }

  /** Whether a task whose turn has come may start; one that may not is held. Who was held before goes before those who come. */
  passes(entry: Entry, now: number): boolean {
    const { group, stored, heldSince } = entry;
    const struck = this.#strikes.gate(stored);
    if (struck !== undefined) return this.#hold(entry, struck, { opensAt: Infinity, rate: undefined }, now);
    if (group === undefined) {
      entry.heldSince = undefined;
      return true;
    }
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
    const opening = [...this.#shut].filter(([, { opensAt }]) => opensAt <= now);
    opening.sort(([gate, one], [other, { opensAt }]) => one.opensAt - opensAt || (gate < other ? -1 : 1));
    for (const [gate] of opening) this.#open(gate, now);
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
    const first = Math.min(...times);
    return first === Infinity ? undefined : first;
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
