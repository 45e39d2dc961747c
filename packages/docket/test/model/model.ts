import type {
  Added,
  CancelResult,
  Claim,
  End,
  Held,
  NewTask,
  Outcome,
  Replacement,
  ReplayResult,
  SettleRequest,
  Settlement,
} from "../../src/store/store.js";
import { isOfBatch, leads, leaveBatch, openBatch } from "./batches.js";
import { ModelDoors } from "./doors.js";
import { ModelGates, pauseGate, strikeGate } from "./gates.js";
import { ModelLetters } from "./letters.js";
import { Line } from "./line.js";
import { batchGate } from "./leaders.js";
import { nextEvent } from "./next-event.js";
import { limitGate } from "./places.js";
import { ModelWorkers } from "./workers.js";
import { begin, dueAt, inOrder, keptOf, sameTerms, storedAt, type Lease, type ModelTask } from "./task.js";

const CANCELLED: End = { kind: "cancelled" };

/**
 * What a store is, said as simply as it can be: no input or output, nothing of the stores' own code, no thought of
 * speed. Tests hold both stores to it, step by step.
 */
export class Model {
  readonly tasks = new Map<string, ModelTask>();
  readonly line = new Line();
  readonly asides: ModelTask[] = [];
  /** By serial key, its head first; the head is elsewhere, too. */
  readonly lanes = new Map<string, ModelTask[]>();
  /** Which living task has a key. */
  readonly keys = new Map<string, string>();
  readonly gates = new ModelGates();
  readonly #doors = new ModelDoors();
  readonly letters = new ModelLetters();
  readonly ends = new Map<string, { end: End; at: number }>();
  readonly workers = new ModelWorkers();
  readonly counts = new Map<string, number>();
  readonly outcomes: { at: number; name: string; kind: Outcome["kind"] }[] = [];
  now: number;
  /** When the last of those began that begin apart. */
  #apart = 0;

  constructor(now: number) {
    this.now = now;
  }

  // What a program asks for.

  add(task: NewTask): Added {
    const id = this.keys.get(task.key);
    return (id === undefined ? this.#doors.refusal(task, this.now) : undefined) ?? this.#let(task);
  }

  #let(task: NewTask): Added {
    const id = this.keys.get(task.key) ?? task.id;
    if (id === task.id && !this.tasks.has(id)) this.#stand(this.#enter(task), dueAt(task.due, this.now));
    return { id, added: id === task.id };
  }

  replace(task: NewTask): Added {
    const holder = this.tasks.get(this.keys.get(task.key) ?? "");
    if (holder === undefined || holder.id === task.id) return this.#let(task);
    if (holder.place.in === "hands") {
      holder.place.lease.cancelled = true;
      const follower = this.#enter(task);
      follower.leader = holder.id;
      this.#follow(follower, dueAt(task.due, this.now));
      return { id: task.id, added: true };
    }
    this.#renewTask(holder, task);
    return { id: holder.id, added: false };
  }

  cancel(id: string): CancelResult {
    const task = this.tasks.get(id);
    if (task === undefined) return "unknown";
    if (task.place.in === "hands") {
      task.place.lease.cancelled = true;
      return "running";
    }
    const { leader } = task;
    this.#end(task, CANCELLED);
    // What was to be replaced still runs: it has its key again.
    if (leader !== undefined) this.keys.set(task.stored.key, leader);
    return "cancelled";
  }

  wake(keys: readonly string[]): number {
    let woken = 0;
    for (const key of keys) {
      const task = this.tasks.get(this.keys.get(key) ?? "");
      if (task?.place.in === "schedule") {
        this.#admit(task);
        woken += 1;
      } else if (task?.place.in === "wake of" && task.place.at > this.now) {
        task.place.at = this.now;
        woken += 1;
      }
    }
    return woken;
  }

  resume(groups: readonly string[]): number {
    let resumed = 0;
    for (const group of groups) {
      if (this.gates.pausedUntil(group, this.now) !== undefined) resumed += 1;
      this.gates.pauses.delete(group);
      this.#open(pauseGate(group));
    }
    return resumed;
  }

  strike(task: string, where: string, reason: string): boolean {
    this.gates.strike(task, where, this.now, reason);
    return true;
  }

  restore(task: string, where: string): boolean {
    const at = this.gates.strikes.findIndex((one) => one.task === task && one.where === where);
    if (at >= 0) this.gates.strikes.splice(at, 1);
    this.#open(strikeGate(task, where));
    return at >= 0;
  }

  replay(id: string, edit: Replacement | undefined): ReplayResult {
    const letter = this.letters.of(id);
    if (letter?.stored === undefined) return "unknown";
    const { stored } = letter;
    if (this.keys.has(stored.key) || this.tasks.has(id)) return "key in use";
    const { serial, payload } = edit ?? stored;
    const { group, limit, batch } = edit ?? letter.terms;
    const terms = { group, limit, priority: letter.terms.priority, batch };
    const overtaken = this.lanes.has(serial) || (letter.overtaken && serial === stored.serial);
    const task = begin(id, { ...stored, serial, payload, addedAt: this.now }, terms);
    this.#own(task);
    this.letters.discard(id);
    this.#admit(task);
    return overtaken ? "overtaken" : "replayed";
  }

  // What a worker says and asks for.

  /** Returns the lost ids. */
  renew(worker: string, held: readonly Held[], leaseMs: number): string[] {
    this.workers.renews(worker, leaseMs, this.now);
    return held.flatMap((one) => {
      const lease = this.lease(worker, one);
      if (lease !== undefined) lease.until = this.now + leaseMs;
      return lease === undefined ? [one.id] : [];
    });
  }

  report(worker: string, held: Held, progress: string): void {
    const lease = this.lease(worker, held);
    if (lease !== undefined) lease.progress = progress;
  }

  /** @param toldMs when the worker was told to come again: earlier, perhaps, where places of a limit are to be counted */
  settle(request: SettleRequest, toldMs = Infinity): { refused: string[]; claims: Claim[]; nextMs: number } {
    const { worker, answered, settlements, want, ahead } = request;
    const leased = inOrder(this.#inHands(), ({ lease }) => lease.until).reverse();
    for (const { task, lease } of leased)
      if (lease.worker === worker && lease.call > answered) this.#handBack(task);
    const refused = this.#conclude(worker, settlements);
    this.#recover();
    const scheduled = [...this.tasks.values()].flatMap((task) =>
      task.place.in === "schedule" && task.place.at <= this.now
        ? [{ id: task.id, task, at: task.place.at }]
        : [],
    );
    for (const { task } of inOrder(scheduled, ({ at }) => at)) this.#admit(task);
    const opening = [...this.gates.shut].map(([id, at]) => ({ id, at })).filter(({ at }) => at <= this.now);
    for (const { id } of inOrder(opening, ({ at }) => at)) this.#open(id);
    const claims = this.#claimAside(request, want);
    while (claims.length < want + ahead) {
      const task = this.nextInLine();
      if (task === undefined) break;
      claims.push(this.claim(task, request));
    }
    return { refused, claims, nextMs: this.#rest(request, want - claims.length, this.now + toldMs) };
  }

  /** How long the worker may sleep, which it does if it has room left. */
  #rest({ worker, sleepMs, leaseMs }: SettleRequest, free: number, toldAt: number): number {
    const wakes = Math.max(this.now, Math.min(this.now + sleepMs, nextEvent(this, toldAt) ?? Infinity));
    this.workers.came(worker, { sleepMs, leaseMs, free, wakes }, this.now);
    return wakes - this.now;
  }

  /** Its deliveries have come to so many, of which some were never heard of. */
  counted(id: string, delivery: number): void {
    const task = this.tasks.get(id);
    if (task !== undefined) task.delivery = Math.max(task.delivery, delivery);
  }

  /** The first in line that may start; those before it that may not are held from now on. */
  nextInLine(): ModelTask | undefined {
    for (let task = this.line.take(); task !== undefined; task = this.line.take())
      if (this.passes(task)) return task;
    return undefined;
  }

  /** Gives a task, which has been taken from its place, into a worker's hands. */
  claim(task: ModelTask, holder: Pick<SettleRequest, "worker" | "call" | "leaseMs">): Claim {
    task.delivery += 1;
    task.began = undefined;
    const { worker, call, leaseMs } = holder;
    const lease = { worker, call, since: this.now, until: this.now + leaseMs };
    task.place = { in: "hands", lease: { ...lease, cancelled: false, progress: undefined } };
    const { id, stored, attempt, delivery, lost } = task;
    return { id, stored, attempt, delivery, lost, claimedAt: this.now };
  }

  /** The lease under which this very delivery runs. */
  lease(worker: string, { id, delivery }: Held): Lease | undefined {
    const task = this.tasks.get(id);
    if (task?.place.in !== "hands" || task.delivery !== delivery) return undefined;
    return task.place.lease.worker === worker ? task.place.lease : undefined;
  }

  #conclude(worker: string, settlements: readonly Settlement[]): string[] {
    const refused: string[] = [];
    const back: ModelTask[] = [];
    for (const { id, delivery, outcome } of settlements) {
      const task = this.tasks.get(id);
      const lease = this.lease(worker, { id, delivery });
      if (task === undefined || lease === undefined) {
        refused.push(id);
        continue;
      }
      const { kind } = outcome;
      leaveBatch(this, task);
      if (kind !== "return") this.#givePlace(task);
      this.outcomes.push({ at: this.now, name: task.stored.name, kind });
      if (kind === "dead") this.#die(task, outcome.info);
      else if (kind === "done" && outcome.result !== undefined)
        this.#end(task, { kind, result: outcome.result });
      else if (lease.cancelled) this.#end(task, CANCELLED);
      else if (kind === "done") this.#end(task);
      else if (kind === "aside") {
        task.place = { in: "aside" };
        this.asides.push(task);
        this.#count("aside");
      } else if (kind === "return") back.push(task);
      else {
        task.lost = 0;
        if (kind === "retry") {
          task.attempt += 1;
          if (outcome.info !== undefined) task.failures = [...task.failures, outcome.info].slice(-9);
        }
        task.place = { in: "schedule", at: kind === "retry" ? this.now + outcome.ms : outcome.at };
      }
    }
    for (const task of back.reverse()) this.#handBack(task);
    if (refused.length > 0) this.#count("refused", refused.length);
    return refused;
  }

  #recover(): void {
    const ended = inOrder(this.#inHands(), (one) => one.lease.until).filter(
      ({ lease }) => lease.until <= this.now,
    );
    const first: ModelTask[] = [];
    for (const { task, lease } of ended) {
      // Its worker isn't there any more, as far as one can know.
      const owner = this.workers.get(lease.worker);
      if (owner !== undefined) owner.asleep = undefined;
      leaveBatch(this, task);
      if (lease.cancelled) this.#handBack(task);
      else {
        task.lost += 1;
        this.#count("recovered");
        // Who has lost two workers in a row begins apart from others: by half a second, twice that, …
        if (task.lost < 2) first.push(task);
        else {
          this.#apart = Math.max(this.now, this.#apart + 500 * 2 ** (task.lost - 2));
          this.#apart = Math.min(this.#apart, this.now + 60_000);
          if (this.#apart <= this.now) first.push(task);
          else {
            this.#givePlace(task);
            task.place = { in: "schedule", at: this.#apart };
          }
        }
      }
    }
    for (const task of first.reverse()) this.#handBack(task);
  }

  /** What was laid aside goes first, by name, where the worker knows it and has room. */
  #claimAside(request: SettleRequest, room: number): Claim[] {
    const known = this.workers.get(request.worker)?.tasks ?? [];
    const claims: Claim[] = [];
    for (const name of [...known].sort()) {
      for (const task of this.asides.filter(({ stored }) => stored.name === name)) {
        if (claims.length >= room) return claims;
        this.asides.splice(this.asides.indexOf(task), 1);
        if (this.passes(task)) claims.push(this.claim(task, request));
      }
    }
    return claims;
  }

  /** Whether one whose turn has come may start; one that may not is held. */
  passes(task: ModelTask): boolean {
    const met = this.gates.met(task, this.now);
    if (met === undefined) {
      this.gates.starts(task, this.now);
      task.heldSince = undefined;
      leads(this, task);
      return true;
    }
    this.hold(task, met);
    if (met.gate !== batchGate(task)) leaveBatch(this, task);
    else if (this.behind(met.gate).length >= (task.terms.batch?.most ?? 0)) this.#open(met.gate);
    return false;
  }

  hold(task: ModelTask, { gate, opensAt }: { gate: string; opensAt: number }): void {
    if (!this.gates.shut.has(gate)) this.gates.shut.set(gate, opensAt);
    task.heldSince ??= this.now;
    task.place = { in: "gate", gate };
    if (gate !== limitGate(task)) this.#givePlace(task);
  }

  behind(gate: string): ModelTask[] {
    return [...this.tasks.values()].filter(({ place }) => place.in === "gate" && place.gate === gate);
  }

  /** Whoever is next behind its limit is let through, to the front, behind those that wait there. */
  #givePlace(task: ModelTask): void {
    const gate = limitGate(task);
    if (gate === undefined) return;
    const { places } = this.gates;
    places.give(gate, task);
    if (!this.gates.shut.has(gate)) return;
    const waiting = places
      .taken(gate)
      .filter(({ place, heldSince }) => place.in === "line" && heldSince !== undefined);
    const through = this.gates.throughLimit(gate, this.behind(gate));
    if (through.length === 0) return;
    for (const one of waiting) this.line.leave(one);
    for (const one of [...waiting, ...through].reverse()) this.toLine(one, true);
  }

  #open(gate: string): void {
    if (!this.gates.shut.has(gate)) return;
    if (isOfBatch(gate)) openBatch(this, gate);
    else for (const task of this.gates.through(gate, this.behind(gate), this.now)) this.toLine(task);
  }

  toLine(task: ModelTask, front = false): void {
    task.place = { in: "line" };
    this.line.put(task, front);
  }

  #handBack(task: ModelTask): void {
    leaveBatch(this, task);
    if (task.place.in === "hands" && task.place.lease.cancelled) this.#end(task, CANCELLED);
    else {
      const gate = limitGate(task);
      if (gate !== undefined) {
        this.gates.places.keep(gate, task);
        task.heldSince = this.now;
      }
      this.toLine(task, true);
    }
  }

  #enter(newTask: NewTask): ModelTask {
    const task = begin(newTask.id, storedAt(this.now, newTask), keptOf(newTask));
    if (newTask.due.kind === "quiet") task.began = this.now;
    this.#own(task);
    return task;
  }

  #own(task: ModelTask): void {
    this.tasks.set(task.id, task);
    // Deliveries of a life after death are counted on.
    task.delivery = this.letters.of(task.id)?.delivery ?? 0;
    if (task.stored.key !== "") this.keys.set(task.stored.key, task.id);
  }

  /** What doesn't run becomes as new; it keeps its place only where it waits, and would take its place there again. */
  #renewTask(task: ModelTask, by: NewTask): void {
    const { stored, terms, place } = task;
    const struck = place.in === "gate" && place.gate.startsWith("s");
    task.began = by.due.kind === "quiet" ? (task.began ?? this.now) : undefined;
    const at = dueAt(by.due, this.now, task.began);
    Object.assign(task, {
      stored: storedAt(this.now, by),
      attempt: 1,
      lost: 0,
      failures: [],
    });
    const same = stored.serial === by.serial && stored.name === by.name && sameTerms(terms, keptOf(by));
    const stands = place.in !== "schedule" && place.in !== "wake of" && !struck;
    if (stands && same && at <= this.now) return;
    this.takeOut(task);
    this.#leaveLane(stored.serial, task);
    Object.assign(task, { terms: keptOf(by), heldSince: undefined });
    if (task.leader === undefined) this.#stand(task, at);
    else this.#follow(task, at);
  }

  /** Tasks of one serial key follow each other by their lane; what else is to follow a task waits for its end. */
  #follow(task: ModelTask, at: number): void {
    const leader = this.tasks.get(task.leader ?? "");
    if (task.stored.serial !== "" && task.stored.serial === leader?.stored.serial) this.#stand(task, at);
    else task.place = { in: "wake of", at };
  }

  #stand(task: ModelTask, at: number): void {
    if (at > this.now) task.place = { in: "schedule", at };
    else this.#admit(task);
  }

  #admit(task: ModelTask): void {
    const { serial } = task.stored;
    const lane = this.lanes.get(serial) ?? [];
    if (serial !== "" && lane[0] !== task) this.lanes.set(serial, [...lane, task]);
    if (serial === "" || this.lanes.get(serial)?.[0] === task) this.toLine(task);
    else task.place = { in: "lane" };
  }

  /** Out of the place where it is, to be put somewhere. */
  takeOut(task: ModelTask): void {
    const { place } = task;
    if (place.in === "line") this.line.leave(task);
    if (place.in === "aside") this.asides.splice(this.asides.indexOf(task), 1);
    // Neither in the line nor behind a gate until it is put somewhere.
    task.place = { in: "lane" };
    if (place.in === "line" || place.in === "hands") this.#givePlace(task);
    leaveBatch(this, task);
    if (place.in === "gate" && this.behind(place.gate).length === 0) this.gates.shut.delete(place.gate);
  }

  #leaveLane(serial: string, task: ModelTask): void {
    const [head, ...others] = this.lanes.get(serial) ?? [];
    if (head === undefined) return;
    const left = head === task ? others : [head, ...others.filter((other) => other !== task)];
    if (left.length === 0) this.lanes.delete(serial);
    else this.lanes.set(serial, left);
    if (head === task && left[0] !== undefined) this.toLine(left[0]);
  }

  #die(task: ModelTask, info: string): void {
    const { id, stored, failures, terms, delivery } = task;
    const overtaken = (this.lanes.get(stored.serial)?.length ?? 0) > 1;
    this.letters.put({ id, diedAt: this.now, info, stored, failures, terms, delivery, overtaken });
    this.#count("dead");
    this.#end(task);
  }

  /** Nothing of a task stays but how it ended; what waited for that takes its place. */
  #end(task: ModelTask, end?: End): void {
    const { id, stored } = task;
    this.takeOut(task);
    this.tasks.delete(id);
    if (this.keys.get(stored.key) === id) this.keys.delete(stored.key);
    for (const follower of this.tasks.values()) {
      if (follower.leader !== id) continue;
      follower.leader = undefined;
      if (follower.place.in === "wake of") this.#stand(follower, follower.place.at);
    }
    this.#leaveLane(stored.serial, task);
    if (end !== undefined) this.ends.set(id, { end, at: this.now });
  }

  #inHands(): { id: string; task: ModelTask; lease: Lease }[] {
    return [...this.tasks.values()].flatMap((task) =>
      task.place.in === "hands" ? [{ id: task.id, task, lease: task.place.lease }] : [],
    );
  }

  #count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }
}
