import type { GatherRequest } from "../batching.js";
import type {
  Added,
  Claim,
  End,
  Found,
  NewTask,
  Replacement,
  ReplayResult,
  Settlement,
  Standing,
  Stored,
} from "../store.js";
import type { Ending } from "../history.js";
import type { Retention } from "../retention.js";
import { Doors } from "./doors.js";
import { Followers } from "./followers.js";
import { Gates } from "./gates.js";
import { History } from "./history.js";
import { Lanes } from "./lanes.js";
import { Leases } from "./leases.js";
import { Letters } from "./letters.js";
import { Lost } from "./lost.js";
import { dueAt, storedAs, type Holder } from "./order.js";
import { fail, newEntry, Shelf, type Entry } from "./shelf.js";
import { Tally } from "./tally.js";
import { versionedName } from "../../task/version.js";
import { foundAs, standsAs } from "./standing.js";
import { areSame, termsOf } from "./terms.js";

const CANCELLED: End = { kind: "cancelled" };

/** The living and the dead tasks of a store, and all that moves them. Of workers it knows only the names. */
export class Tasks {
  readonly #shelf = new Shelf();
  readonly leases = new Leases(this.#shelf);
  readonly #keys = new Map<string, string>();
  readonly #followers = new Followers();
  readonly #lanes = new Lanes();
  readonly #doors = new Doors();
  readonly gates = new Gates(this.#shelf);
  readonly letters: Letters;
  readonly history: History;
  readonly tally = new Tally(this.#shelf);
  readonly lost = new Lost(this.#shelf, this.gates, this.tally, (entry, now) => {
    this.#handBack(entry, now);
  });
  readonly #ended: (id: string, end: End | undefined) => void;

  /** @param ended told of each end, with what is to be kept of it */
  constructor({ deadLetters, history }: Retention, ended: (id: string, end: End | undefined) => void) {
    this.letters = new Letters(deadLetters);
    this.history = new History(history);
    this.#ended = ended;
  }

  add(task: NewTask, now: number): Added {
    const { id, key } = task;
    const holder = key === "" ? undefined : this.#keys.get(key);
    if (holder !== undefined) return { id: holder, added: holder === id };
    const refusal = this.#doors.turnedAway(task, now);
    if (refusal !== undefined || this.#shelf.get(id) !== undefined) return refusal ?? { id, added: true };
    this.#stand(this.#enterNew(task, now), dueAt(task.due, now), now);
    return { id, added: true };
  }

  replace(task: NewTask, now: number): Added {
    const { id, key } = task;
    const holder = this.#shelf.get(this.#keys.get(key));
    if (holder === undefined || holder.id === id) return this.add({ ...task, doors: [] }, now);
    if (holder.place.kind === "leased") {
      holder.place.cancelled = true;
      this.#follow(holder.id, this.#enterNew(task, now), dueAt(task.due, now), now);
      return { id, added: true };
    }
    const began = task.due.kind === "quiet" ? (holder.began ?? now) : undefined;
    const at = dueAt(task.due, now, began);
    const { place, stored, delivery, terms } = holder;
    const behind = this.#followers.of(key);
    // What a strike holds must show that it still falls under it.
    const stands = place.kind !== "scheduled" && behind?.at === undefined && !this.gates.isStruck(holder);
    Object.assign(holder, { stored: storedAs(task, now), attempt: 1, lost: 0, failures: [], began });
    const sameName = versionedName(stored) === versionedName(task);
    const same = stored.serial === task.serial && sameName && areSame(terms, task);
    if (stands && at <= now && same) return { id: holder.id, added: false };
    this.#takeOut(holder);
    this.#leaveLane(stored.serial, holder.id);
    // Another entry, so that it isn't found where the old one stood in turn.
    const entry = { ...this.#enter(holder.id, holder.stored, termsOf(task), began), delivery };
    if (behind === undefined) this.#stand(entry, at, now);
    else this.#follow(behind.leader, entry, at, now);
    return { id: holder.id, added: false };
  }

  /** The next task in turn, under a lease; one that was laid aside first, where the worker knows it. */
  claim(holder: Holder, known: readonly string[], now: number): Claim | undefined {
    const entry = this.gates.next(known, now);
    return entry && this.leases.give(entry, holder, now);
  }

  /** Those that wait to run with a task that the worker has. */
  gather({ leader, most, ...holder }: GatherRequest, now: number): Claim[] {
    const [entry] = this.leases.among(holder.worker, [leader.id]);
    if (entry?.delivery !== leader.delivery) return [];
    return this.gates.gather(entry, most, now).map((other) => this.leases.give(other, holder, now));
  }

  /** Carries out what deliveries came to; returns the ids of those whose lease was lost. */
  conclude(worker: string, settlements: readonly Settlement[], now: number): string[] {
    const back: Entry[] = [];
    const refused = settlements.filter((one) => !this.#concludeOne(worker, one, now, back));
    // To the front one by one: the first last, so that it stands before the others.
    for (const entry of back.reverse()) this.#handBack(entry, now);
    if (refused.length > 0) this.tally.count("refused", refused.length);
    return refused.map(({ id }) => id);
  }

  /** Has what is due take its place. */
  promote(now: number): void {
    for (const entry of this.#shelf.due(now)) this.#admit(entry);
    this.gates.open(now);
  }

  /** Ends a task that isn't running; of one that is, returns the worker. */
  cancel(id: string, now: number): "cancelled" | "unknown" | { readonly worker: string } {
    const entry = this.#shelf.get(id);
    if (entry === undefined) return "unknown";
    if (entry.place.kind === "leased") {
      entry.place.cancelled = true;
      return { worker: entry.place.worker };
    }
    const behind = this.#followers.of(entry.stored.key);
    this.#retire(entry, "cancelled", now, CANCELLED);
    // What was to be replaced still runs: it has its key again.
    if (behind !== undefined) {
      this.#followers.delete(entry.stored.key);
      this.#keys.set(entry.stored.key, behind.leader);
    }
    return "cancelled";
  }

  wake(keys: readonly string[], now: number): number {
    return keys.filter((key) => {
      const entry = this.#shelf.get(this.#keys.get(key));
      if (entry?.place.kind !== "scheduled") return this.#followers.hasten(key, now);
      this.#admit(entry);
      return true;
    }).length;
  }

  find(key: string): Found {
    const entry = this.#shelf.get(this.#keys.get(key));
    if (entry === undefined) return this.letters.find(key);
    return { state: foundAs(entry), id: entry.id, info: undefined };
  }

  /** How the task stands; undefined when it neither lives nor is dead. */
  end(id: string): End | undefined {
    if (this.#shelf.get(id) !== undefined) return { kind: "living" };
    const kept = this.letters.get(id);
    return kept === undefined ? undefined : { kind: "dead", info: kept.letter.info };
  }

  /** Where it stands; undefined when it neither lives nor is dead. */
  state(id: string): Standing | undefined {
    const entry = this.#shelf.get(id);
    return entry === undefined ? this.letters.get(id) && "dead" : standsAs(entry);
  }

  discard(id: string, now: number): boolean {
    const kept = this.letters.get(id);
    if (kept !== undefined) this.history.discarded(id, kept.letter.stored, kept.delivery, now);
    return this.letters.delete(id);
  }

  replay(id: string, replacement: Replacement | undefined, now: number): ReplayResult {
    const kept = this.letters.get(id);
    const stored = kept?.letter.stored;
    if (stored === undefined) return "unknown";
    if (this.#keys.has(stored.key) || this.#shelf.get(id) !== undefined) return "key in use";
    const { serial, payload, version } = replacement ?? stored;
    const terms = termsOf({ ...(replacement ?? kept?.terms), priority: kept?.terms.priority });
    const entry = this.#enter(id, { ...stored, serial, payload, version, addedAt: now }, terms);
    const overtaken =
      this.#lanes.length(serial) > 0 || (kept?.overtaken === true && serial === stored.serial);
    this.letters.delete(id);
    this.#admit(entry);
    return overtaken ? "overtaken" : "replayed";
  }

  /** When something next falls due, a lease ends, or a gate opens. */
  nextEvent(): number | undefined {
    const events = [this.#shelf.nextEvent(), this.gates.nextEvent()].filter((event) => event !== undefined);
    return events.length === 0 ? undefined : Math.min(...events);
  }

  /** @param back takes what is handed back */
  #concludeOne(worker: string, { id, delivery, outcome }: Settlement, now: number, back: Entry[]): boolean {
    const [entry] = this.leases.among(worker, [id]);
    if (entry?.place.kind !== "leased" || entry.delivery !== delivery) return false;
    const { cancelled } = entry.place;
    this.gates.leaveBatch(entry);
    if (outcome.kind !== "return") this.gates.give(entry);
    this.tally.ended(entry.stored.name, outcome, now);
    if (outcome.kind === "done" && outcome.result !== undefined)
      this.#retire(entry, "done", now, { kind: "done", result: outcome.result });
    else if (outcome.kind !== "dead" && cancelled) this.#retire(entry, "cancelled", now, CANCELLED);
    else if (outcome.kind === "done") this.#retire(entry, "done", now);
    else if (outcome.kind === "retry" || outcome.kind === "park") {
      if (outcome.kind === "retry") fail(entry, outcome.info);
      entry.lost = 0;
      this.#shelf.put(entry, {
        kind: "scheduled",
        at: outcome.kind === "retry" ? now + outcome.ms : outcome.at,
      });
    } else if (outcome.kind === "return") back.push(entry);
    else if (outcome.kind === "aside") {
      this.#shelf.put(entry, { kind: "aside" });
      this.tally.count("aside", 1);
    } else {
      const overtaken = this.#lanes.length(entry.stored.serial) > 1;
      this.letters.bury(entry, outcome.info, overtaken, now);
      this.tally.count("dead", 1);
      this.#retire(entry, "dead", now, undefined, outcome.message);
    }
    return true;
  }

  #enterNew(task: NewTask, now: number): Entry {
    const began = task.due.kind === "quiet" ? now : undefined;
    return this.#enter(task.id, storedAs(task, now), termsOf(task), began);
  }

  /** A task that begins its life, and has its key. */
  #enter(id: string, stored: Stored, terms: Entry["terms"], began?: number): Entry {
    if (stored.key !== "") this.#keys.set(stored.key, id);
    const delivery = this.letters.get(id)?.delivery ?? 0;
    return { ...newEntry(id, stored, terms), delivery, began };
  }

  #takeOut(entry: Entry): void {
    this.gates.leave(entry);
    this.#shelf.remove(entry);
  }

  #stand(entry: Entry, at: number, now: number): void {
    if (at > now) this.#shelf.put(entry, { kind: "scheduled", at });
    else this.#admit(entry);
  }

  /** Tasks of one serial key follow each other by their lane; what else is to follow a task waits for its end. */
  #follow(leader: string, entry: Entry, at: number, now: number): void {
    const { serial, key } = entry.stored;
    const inLane = serial !== "" && serial === this.#shelf.get(leader)?.stored.serial;
    this.#followers.set(key, { leader, at: inLane ? undefined : at });
    if (inLane) this.#stand(entry, at, now);
    else this.#shelf.put(entry, { kind: "blocked" });
  }

  #admit(entry: Entry): void {
    this.#shelf.put(entry, { kind: this.#lanes.enter(entry.stored.serial, entry.id) ? "ready" : "blocked" });
  }

  /** Unfinished, back to the front and uncounted; what was cancelled while it ran goes instead. */
  #handBack(entry: Entry, now: number): void {
    this.gates.leaveBatch(entry);
    if (entry.place.kind === "leased" && entry.place.cancelled)
      this.#retire(entry, "cancelled", now, CANCELLED);
    else {
      this.gates.keep(entry, now);
      this.#shelf.put(entry, { kind: "ready" }, true);
    }
  }

  /** @param end what is to be kept of it for whoever waits @param message of what it died of */
  #retire(entry: Entry, how: Ending, now: number, end?: End, message?: string): void {
    const { key, serial } = entry.stored;
    const isReplaced = how === "cancelled" && key !== "" && this.#keys.get(key) !== entry.id;
    this.history.note(entry, isReplaced ? "replaced" : how, now, message);
    this.#takeOut(entry);
    if (this.#keys.get(key) === entry.id) this.#keys.delete(key);
    else this.#release(key, entry.id, now);
    this.#leaveLane(serial, entry.id);
    this.#ended(entry.id, end);
  }

  /** What was to follow the task takes its place. */
  #release(key: string, id: string, now: number): void {
    const behind = this.#followers.of(key);
    if (behind?.leader !== id) return;
    this.#followers.delete(key);
    const follower = this.#shelf.get(this.#keys.get(key));
    if (follower !== undefined && behind.at !== undefined) this.#stand(follower, behind.at, now);
  }

  #leaveLane(serial: string, id: string): void {
    const following = this.#shelf.get(this.#lanes.leave(serial, id));
    if (following !== undefined) this.#shelf.put(following, { kind: "ready" });
  }
}
