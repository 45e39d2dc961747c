import type { Clock } from "../../time/clock.js";
import type {
  Added,
  CancelResult,
  Found,
  Held,
  Letter,
  Message,
  NewTask,
  ReplayResult,
  Settled,
  SettleRequest,
  Settlement,
  Snapshot,
  Store,
  StoreHealth,
  Stored,
  WorkerInfo,
} from "../store.js";
import { Inbox } from "./inbox.js";
import { Lanes } from "./lanes.js";
import { Shelf, tally, type Entry } from "./shelf.js";

interface Present {
  readonly info: WorkerInfo;
  readonly inbox: Inbox;
  aliveUntil: number;
  /** Free slots and the lease while it sleeps; undefined while it is busy. */
  asleep: { free: number; leaseMs: number } | undefined;
}

/**
 * The store of one process: nothing outlives it. For tests, for programs that need no durability, and for services that
 * keep what must not be lost elsewhere and add it again.
 */
export class MemoryStore implements Store {
  readonly #clock: Pick<Clock, "now">;
  readonly #shelf = new Shelf();
  readonly #keys = new Map<string, string>();
  readonly #lanes = new Lanes();
  readonly #letters = new Map<string, Letter>();
  readonly #workers = new Map<string, Present>();
  readonly #counts = new Map<string, number>();

  constructor(clock: Pick<Clock, "now"> = Date) {
    this.#clock = clock;
  }

  add(tasks: readonly NewTask[]): Promise<Added[]> {
    const now = this.#clock.now();
    const answers = tasks.map((task): Added => {
      const holder = task.key === "" ? undefined : this.#keys.get(task.key);
      if (holder !== undefined) return { id: holder, added: holder === task.id };
      if (this.#shelf.get(task.id) !== undefined) return { id: task.id, added: true };
      const stored: Stored = { serial: task.serial, key: task.key, name: task.name, payload: task.payload, addedAt: now };
      const at = task.due.kind === "in" ? now + task.due.ms : task.due.kind === "at" ? task.due.at : now;
      const entry: Entry = { id: task.id, stored, attempt: 1, delivery: 0, lost: 0, place: { kind: "scheduled", at } };
      if (task.key !== "") this.#keys.set(task.key, task.id);
      if (at > now) this.#shelf.put(entry, { kind: "scheduled", at });
      else this.#admit(entry);
      return { id: task.id, added: true };
    });
    this.#rouse();
    return Promise.resolve(answers);
  }

  settle(request: SettleRequest): Promise<Settled> {
    const now = this.#clock.now();
    for (const entry of [...this.#shelf.at("leased")].reverse()) {
      if (entry.place.kind !== "leased" || entry.place.worker !== request.worker) continue;
      if (request.undo.includes(entry.place.call)) this.#handBack(entry);
    }
    const refused = new Set<Settlement>();
    for (const settlement of handBacksLast(request.settlements)) {
      if (!this.#conclude(request.worker, settlement, now)) refused.add(settlement);
    }
    if (refused.size > 0) this.#count("refused", refused.size);
    this.#recover(now);
    this.#promote(now);
    const present = this.#workers.get(request.worker);
    const room = request.want - (present?.inbox.unread(request.received) ?? 0);
    const claims: Settled["claims"][number][] = [];
    while (claims.length < room) {
      const entry = this.#next(present?.info.tasks);
      if (entry === undefined) break;
      claims.push(this.#lease(entry, request, now));
    }
    const event = this.#shelf.nextEvent();
    const wakes = event === undefined ? now + request.sleepMs : Math.max(now, Math.min(now + request.sleepMs, event));
    if (present !== undefined) {
      const free = room - claims.length;
      present.asleep = request.sleepMs > 0 && free > 0 ? { free, leaseMs: request.leaseMs } : undefined;
      if (request.sleepMs > 0) present.aliveUntil = wakes + 15_000;
    }
    this.#rouse();
    return Promise.resolve({ now, refused: [...refused].map(({ id }) => id), claims, nextMs: wakes - now, known: present !== undefined });
  }

  renew(worker: string, held: readonly Held[], leaseMs: number): Promise<string[]> {
    const now = this.#clock.now();
    const lost = held.filter(({ id, delivery }) => {
      const entry = this.#shelf.get(id);
      if (entry?.place.kind !== "leased" || entry.place.worker !== worker || entry.delivery !== delivery) return true;
      entry.place.until = now + leaseMs;
      return false;
    });
    const present = this.#workers.get(worker);
    if (present !== undefined) present.aliveUntil = Math.max(present.aliveUntil, now + leaseMs);
    return Promise.resolve(lost.map(({ id }) => id));
  }

  async listen(worker: string, ms: number, signal: AbortSignal): Promise<Message | undefined> {
    return this.#workers.get(worker)?.inbox.next(ms, signal);
  }

  hello(info: WorkerInfo): Promise<void> {
    this.#workers.set(info.worker, { info, inbox: new Inbox(), aliveUntil: this.#clock.now() + 15_000, asleep: undefined });
    return Promise.resolve();
  }

  bye(worker: string): Promise<void> {
    const unread = this.#workers.get(worker)?.inbox.clear() ?? [];
    this.#workers.delete(worker);
    for (const message of unread.reverse()) {
      const entry = message.kind === "task" ? this.#shelf.get(message.claim.id) : undefined;
      if (entry?.place.kind === "leased" && entry.place.worker === worker) this.#handBack(entry);
    }
    this.#rouse();
    return Promise.resolve();
  }

  cancel(id: string): Promise<CancelResult> {
    const entry = this.#shelf.get(id);
    if (entry === undefined) return Promise.resolve("unknown");
    if (entry.place.kind === "leased") {
      entry.place.cancelled = true;
      this.#workers.get(entry.place.worker)?.inbox.push({ kind: "cancel", id });
      return Promise.resolve("running");
    }
    this.#retire(entry);
    this.#rouse();
    return Promise.resolve("cancelled");
  }

  wake(keys: readonly string[]): Promise<number> {
    const sleeping = keys
      .map((key) => this.#shelf.get(this.#keys.get(key)))
      .filter((entry) => entry?.place.kind === "scheduled");
    for (const entry of sleeping) if (entry !== undefined) this.#admit(entry);
    this.#rouse();
    return Promise.resolve(sleeping.length);
  }

  find(keys: readonly string[]): Promise<Found[]> {
    return Promise.resolve(
      keys.map((key): Found => {
        const entry = this.#shelf.get(this.#keys.get(key));
        if (entry !== undefined) {
          const { kind } = entry.place;
          const state = kind === "leased" ? "running" : kind === "scheduled" ? "delayed" : "waiting";
          return { state, id: entry.id, info: undefined };
        }
        const letter = [...this.#letters.values()].findLast(({ stored }) => key !== "" && stored?.key === key);
        if (letter === undefined) return { state: "unknown", id: undefined, info: undefined };
        return { state: "dead", id: letter.id, info: letter.info };
      }),
    );
  }

  letters(limit: number): Promise<Letter[]> {
    return Promise.resolve([...this.#letters.values()].reverse().slice(0, limit));
  }

  replay(id: string): Promise<ReplayResult> {
    const letter = this.#letters.get(id);
    if (letter?.stored === undefined) return Promise.resolve("unknown");
    const { key } = letter.stored;
    if (key !== "" && this.#keys.has(key)) return Promise.resolve("key in use");
    this.#letters.delete(id);
    const now = this.#clock.now();
    const stored = { ...letter.stored, addedAt: now };
    const entry: Entry = { id, stored, attempt: 1, delivery: 0, lost: 0, place: { kind: "scheduled", at: now } };
    if (key !== "") this.#keys.set(key, id);
    this.#admit(entry);
    this.#rouse();
    return Promise.resolve("replayed");
  }

  discard(id: string): Promise<boolean> {
    return Promise.resolve(this.#letters.delete(id));
  }

  snapshot(): Promise<Snapshot> {
    const now = this.#clock.now();
    return Promise.resolve({
      now,
      waiting: this.#shelf.at("ready").size,
      blocked: this.#shelf.at("blocked").size,
      delayed: this.#shelf.at("scheduled").size,
      running: this.#shelf.at("leased").size,
      dead: this.#letters.size,
      aside: tally(this.#shelf.at("aside")),
      tasks: tally(this.#shelf.all()),
      oldestWaitingAt: this.#shelf.nextInTurn()?.stored.addedAt,
      nextAt: this.#shelf.nextEvent(),
      workers: [...this.#workers.values()].flatMap(({ info, aliveUntil }) => (aliveUntil < now ? [] : [{ ...info, aliveUntil }])),
      counts: Object.fromEntries(this.#counts),
    });
  }

  health(): Promise<StoreHealth> {
    return Promise.resolve({ reachable: true, evictionPolicy: undefined, version: undefined });
  }

  onReconnect(): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    for (const { inbox } of this.#workers.values()) inbox.close();
    return Promise.resolve();
  }

  /** Carries out what a delivery came to; false when its lease was lost. */
  #conclude(worker: string, { id, delivery, outcome }: Settlement, now: number): boolean {
    const entry = this.#shelf.get(id);
    if (entry?.place.kind !== "leased" || entry.place.worker !== worker || entry.delivery !== delivery) return false;
    if (outcome.kind === "done" || (entry.place.cancelled && outcome.kind !== "dead")) this.#retire(entry);
    else if (outcome.kind === "retry" || outcome.kind === "park") {
      if (outcome.kind === "retry") entry.attempt += 1;
      entry.lost = 0;
      this.#shelf.put(entry, { kind: "scheduled", at: outcome.kind === "retry" ? now + outcome.ms : outcome.at });
    } else if (outcome.kind === "return") this.#handBack(entry);
    else if (outcome.kind === "aside") {
      this.#shelf.put(entry, { kind: "aside" });
      this.#count("aside", 1);
    } else {
      this.#letters.set(id, { id, diedAt: now, info: outcome.info, stored: entry.stored });
      this.#count("dead", 1);
      this.#retire(entry);
    }
    return true;
  }

  #admit(entry: Entry): void {
    this.#shelf.put(entry, { kind: this.#lanes.enter(entry.stored.serial, entry.id) ? "ready" : "blocked" });
  }

  /** Unfinished, back to the front and uncounted; what was cancelled while it ran goes instead. */
  #handBack(entry: Entry): void {
    if (entry.place.kind === "leased" && entry.place.cancelled) this.#retire(entry);
    else this.#shelf.put(entry, { kind: "ready" }, true);
  }

  #retire(entry: Entry): void {
    this.#shelf.remove(entry);
    if (this.#keys.get(entry.stored.key) === entry.id) this.#keys.delete(entry.stored.key);
    const following = this.#shelf.get(this.#lanes.leave(entry.stored.serial, entry.id));
    if (following !== undefined) this.#shelf.put(following, { kind: "ready" });
  }

  #recover(now: number): void {
    for (const entry of [...this.#shelf.at("leased")].reverse()) {
      if (entry.place.kind !== "leased" || entry.place.until > now) continue;
      const owner = this.#workers.get(entry.place.worker);
      if (owner !== undefined) owner.asleep = undefined;
      if (!entry.place.cancelled) {
        entry.lost += 1;
        this.#count("recovered", 1);
      }
      this.#handBack(entry);
    }
  }

  #promote(now: number): void {
    const due = [...this.#shelf.at("scheduled")].flatMap((entry) =>
      entry.place.kind === "scheduled" && entry.place.at <= now ? [{ entry, at: entry.place.at }] : [],
    );
    for (const { entry } of due.sort((a, b) => a.at - b.at)) this.#admit(entry);
  }

  /** The next task in turn; one that was laid aside first, where the worker knows it. */
  #next(known: readonly string[] = []): Entry | undefined {
    for (const entry of this.#shelf.at("aside")) if (known.includes(entry.stored.name)) return entry;
    return this.#shelf.takeTurn();
  }

  #lease(entry: Entry, holder: { worker: string; call: number; leaseMs: number }, now: number): Settled["claims"][number] {
    entry.delivery += 1;
    this.#shelf.put(entry, { kind: "leased", worker: holder.worker, call: holder.call, until: now + holder.leaseMs, cancelled: false });
    const { id, stored, attempt, delivery, lost } = entry;
    return { id, stored, attempt, delivery, lost, claimedAt: now };
  }

  /** Hands waiting tasks to sleeping workers, and has them look again where more waits or something falls due. */
  #rouse(): void {
    const now = this.#clock.now();
    for (const [worker, present] of this.#workers) {
      while (present.asleep !== undefined && present.asleep.free > 0) {
        const entry = this.#next(present.info.tasks);
        if (entry === undefined) break;
        present.asleep.free -= 1;
        present.inbox.push({ kind: "task", claim: this.#lease(entry, { worker, call: 0, leaseMs: present.asleep.leaseMs }, now), more: false });
      }
    }
    const event = this.#shelf.nextEvent();
    if (event === undefined) return;
    for (const { asleep, inbox } of this.#workers.values()) {
      if (asleep !== undefined) inbox.push({ kind: "look", ms: Math.max(0, event - now) });
    }
  }

  #count(what: string, by: number): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }
}

/** What is handed back goes to the front one by one: the first last, so that it stands before the others. */
function handBacksLast(settlements: readonly Settlement[]): Settlement[] {
  const back = settlements.filter(({ outcome }) => outcome.kind === "return").reverse();
  return [...settlements.filter(({ outcome }) => outcome.kind !== "return"), ...back];
}
