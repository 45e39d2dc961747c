import { versionedName } from "../../task/version.js";
import type { Batching } from "../batching.js";
import type { Strike, StrikeName } from "../sight.js";
import type { Pause } from "../sight.js";
import type { Group } from "../store.js";
import { Batches, gateOfBatch } from "./batches.js";
import { limitGate, pauseGate, rateGate, type Limiting } from "./gate-names.js";
import { Pauses } from "./pauses.js";
import { Places } from "./places.js";
import type { Entry, Shelf } from "./shelf.js";
import { gateOf, isGateOfStrike, Strikes } from "./strikes.js";

interface Shut {
  opensAt: number;
  /** In the order in which they are to start. */
  readonly behind: Entry[];
  /** Of the gate of a rate. */
  readonly rate?: Group["rate"];
  /** It opens as runs end. */
  readonly limited?: boolean;
  /** One leads when it opens. */
  readonly batch?: boolean;
}

/**
 * Two gates stand before a task of a group when its turn comes: shut while its group is paused, or has had its starts. Before
 * those stands, for any task, that of a strike; behind them those of a batch, until it is complete, and of a limit, where as many
 * run as may.
 */
export class Gates {
  readonly #shelf: Shelf;
  readonly #pauses = new Pauses();
  readonly #shut = new Map<string, Shut>();
  readonly #starts = new Map<string, number[]>();
  readonly #strikes = new Strikes();
  readonly #places = new Places<Entry>();
  readonly #batches: Batches;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
    this.#batches = new Batches(shelf);
  }

  pause(group: string, until: number, reason: string): void {
    this.#pauses.set({ group, until, reason });
    const shut = this.#shut.get(pauseGate(group));
    if (shut !== undefined) shut.opensAt = until;
  }

  /** False when it wasn't paused. */
  resume(group: string, now: number): boolean {
    const was = this.#pauses.until(group, now) !== undefined;
    this.#pauses.delete(group);
    this.#open(pauseGate(group), now);
    return was;
  }

  paused(now: number): Pause[] {
    return this.#pauses.all(now);
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
    return place.kind === "held" && isGateOfStrike(place.gate);
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
        if (versionedName(entry.stored) === name && this.passes(entry, now)) return entry;
    let entry = this.#shelf.takeTurn();
    while (entry !== undefined && !this.passes(entry, now)) entry = this.#shelf.takeTurn();
    return entry;
  }

  /** Whether a task whose turn has come may start; one that may not is held. */
  passes(entry: Entry, now: number): boolean {
    const { terms, stored } = entry;
    const struck = this.#strikes.gate(stored);
    if (struck !== undefined) return this.#hold(entry, struck, { opensAt: Infinity }, now);
    if (terms.group !== undefined && this.#heldByGroup(entry, terms.group, now)) return false;
    if (this.#batches.waits(entry)) return this.#await(entry, entry.terms.batch, now);
    const limiting = limitGate(entry);
    if (limiting !== undefined && !this.#takesPlace(entry, limiting))
      return this.#hold(entry, limiting.gate, { opensAt: Infinity, limited: true }, now);
    if (terms.group?.rate !== undefined) {
      const gate = rateGate(entry, terms.group);
      this.#starts.set(gate, [...this.#counted(gate, terms.group.rate, now), now]);
    }
    entry.heldSince = undefined;
    this.#claimed(entry, now);
    return true;
  }

  /** Those that wait to run with one that was claimed: at most so many. */
  gather(leader: Entry, most: number, now: number): Entry[] {
    const gate = gateOfBatch(leader);
    const { batch } = leader.terms;
    if (gate === undefined || batch === undefined) return [];
    const gathered: Entry[] = [];
    const shut = this.#shut.get(gate);
    while (gathered.length < most) {
      const next = shut?.behind.shift();
      if (next === undefined) break;
      if (this.#mayJoin(next, now)) gathered.push(next);
    }
    this.#batches.over(gate);
    const [first] = shut?.behind ?? [];
    if (shut === undefined || first === undefined) this.#shut.delete(gate);
    else if (shut.behind.length >= batch.most) this.#leadNext(gate);
    else shut.opensAt = Math.max(now, (first.heldSince ?? now) + batch.withinMs);
    return gathered;
  }

  /** It doesn't lead a batch any more, if it did: the next of those that wait does. */
  leaveBatch(entry: Entry): void {
    const gate = this.#batches.leave(entry);
    if (gate !== undefined) this.#leadNext(gate);
  }

  /** Its run is over, or it goes elsewhere: whoever is next behind its limit is let through. */
  give(entry: Entry): void {
    const limiting = limitGate(entry);
    if (limiting === undefined) return;
    this.#places.give(limiting.gate, entry);
    this.#letThrough(limiting.gate);
  }

  /** It is handed back to the front, and keeps its place: nobody is let through for it. */
  keep(entry: Entry, now: number): void {
    const limiting = limitGate(entry);
    if (limiting === undefined) return;
    this.#places.keep(limiting.gate, entry);
    entry.heldSince = now;
  }

  /** Lets those through that stand behind a gate whose time has come: all, or as many as its rate allows. */
  open(now: number): void {
    const opening = [...this.#shut].filter(([, { opensAt, limited }]) => limited !== true && opensAt <= now);
    opening.sort(([gate, one], [other, { opensAt }]) => one.opensAt - opensAt || (gate < other ? -1 : 1));
    for (const [gate] of opening) this.#open(gate, now);
  }

  /** Takes out one that may be held. */
  leave(entry: Entry): void {
    if (entry.place.kind === "ready" || entry.place.kind === "leased") this.give(entry);
    this.leaveBatch(entry);
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
    if (shut.batch === true) {
      const until = this.#batches.ledUntil(gate, now);
      if (until === undefined) this.#leadNext(gate);
      else shut.opensAt = until;
      return;
    }
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

  /** Until as many stand there as may run together, or the time of the first is over. */
  #await(entry: Entry, { most, withinMs }: Batching, now: number): false {
    const gate = gateOfBatch(entry) ?? "";
    this.#hold(entry, gate, { opensAt: now + withinMs, batch: true }, now);
    if ((this.#shut.get(gate)?.behind.length ?? 0) >= most) this.#open(gate, now);
    return false;
  }

  #leadNext(gate: string): void {
    const shut = this.#shut.get(gate);
    const first = shut?.behind.shift();
    if (first === undefined) this.#batches.over(gate);
    else this.#batches.lead(gate, first);
    if (shut === undefined || shut.behind.length === 0) this.#shut.delete(gate);
    else shut.opensAt = Infinity;
  }

  #claimed(entry: Entry, now: number): void {
    const shut = this.#shut.get(gateOfBatch(entry) ?? "");
    const until = this.#batches.claimed(entry, shut !== undefined, now);
    if (shut !== undefined && until !== undefined) shut.opensAt = until;
  }

  #mayJoin(entry: Entry, now: number): boolean {
    const struck = this.#strikes.gate(entry.stored);
    if (struck !== undefined) return this.#hold(entry, struck, { opensAt: Infinity }, now);
    const { group } = entry.terms;
    const until = group && this.#pauses.until(group.name, now);
    if (group !== undefined && until !== undefined)
      return this.#hold(entry, pauseGate(group.name), { opensAt: until }, now);
    entry.heldSince = undefined;
    return true;
  }

  /** False where all places are taken, or others stand before it. */
  #takesPlace(entry: Entry, { gate, most }: Limiting): boolean {
    if (entry.heldSince === undefined && this.#shut.has(gate)) return false;
    return this.#places.take(gate, entry, most);
  }

  /** As many as there are places, to the front, behind those that wait there. */
  #letThrough(gate: string): void {
    const behind = this.#shut.get(gate)?.behind ?? [];
    const waiting = this.#places
      .taken(gate)
      .filter(({ place, heldSince }) => place.kind === "ready" && heldSince !== undefined);
    const through: Entry[] = [];
    for (let [first] = behind; first !== undefined; [first] = behind) {
      if (!this.#places.take(gate, first, first.terms.limit?.most ?? 1)) break;
      behind.shift();
      through.push(first);
    }
    if (through.length === 0) return;
    for (const entry of [...waiting, ...through].reverse()) this.#shelf.put(entry, { kind: "ready" }, true);
    if (behind.length === 0) this.#shut.delete(gate);
  }

  /** Who was held before goes before those who come. */
  #heldByGroup(entry: Entry, group: Group, now: number): boolean {
    const queued = (gate: string): number | undefined =>
      entry.heldSince === undefined ? this.#shut.get(gate)?.opensAt : undefined;
    const pause = pauseGate(group.name);
    const pausedUntil = this.#pauses.until(group.name, now) ?? queued(pause);
    if (pausedUntil !== undefined) return !this.#hold(entry, pause, { opensAt: pausedUntil }, now);
    const { rate } = group;
    if (rate === undefined) return false;
    const gate = rateGate(entry, group);
    const starts = this.#counted(gate, rate, now);
    const [oldest = now] = starts;
    const full = starts.length >= rate.limit ? oldest + rate.perMs : undefined;
    const opensAt = full ?? queued(gate);
    return opensAt !== undefined && !this.#hold(entry, gate, { opensAt, rate }, now);
  }

  /** The last starts that still count. */
  #counted(gate: string, rate: NonNullable<Group["rate"]>, now: number): number[] {
    const starts = (this.#starts.get(gate) ?? [])
      .filter((start) => start + rate.perMs > now)
      .slice(-rate.limit);
    if (starts.length === 0) this.#starts.delete(gate);
    return starts;
  }

  #hold(entry: Entry, gate: string, as: Omit<Shut, "behind">, now: number): false {
    const shut = this.#shut.get(gate) ?? { ...as, behind: [] };
    this.#shut.set(gate, shut);
    const since = (entry.heldSince ??= now);
    const at = shut.behind.findIndex(
      (other) => (other.heldSince ?? 0) > since || (other.heldSince === since && other.id > entry.id),
    );
    shut.behind.splice(at < 0 ? shut.behind.length : at, 0, entry);
    this.#shelf.put(entry, { kind: "held", gate });
    if (as.limited !== true) {
      this.give(entry);
      this.leaveBatch(entry);
    }
    return false;
  }
}
