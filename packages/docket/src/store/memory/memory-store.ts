import type { Clock } from "../../time/clock.js";
import type { GatherRequest } from "../batching.js";
import type { EndsAsked, EndsFound } from "../history.js";
import {
  NONE,
  type CommandCounts,
  type Overview,
  type Pause,
  type Snapshot,
  type StoreHealth,
  type Strike,
  type StrikeName,
  type WorkerInfo,
} from "../sight.js";
import { DEFAULT_RETENTION, type Retention } from "../retention.js";
import type {
  Added,
  CancelResult,
  Claim,
  Due,
  End,
  Found,
  Held,
  Letter,
  Message,
  NewTask,
  Replacement,
  ReplayResult,
  Settled,
  SettleRequest,
  Standing,
  Store,
} from "../store.js";
import { Ends } from "./ends.js";
import { dueAt } from "./order.js";
import { arrived, forgetSilent, presence, type Present } from "./presence.js";
import { endedAs } from "./standing.js";
import { Tasks } from "./tasks.js";

/**
 * The store of one process: nothing outlives it. For tests, for programs that need no durability, and for services that
 * keep what must not be lost elsewhere and add it again.
 */
export class MemoryStore implements Store {
  readonly #clock: Pick<Clock, "now">;
  readonly #ends: Ends;
  readonly #tasks: Tasks;
  readonly #workers = new Map<string, Present>();

  constructor(clock: Pick<Clock, "now"> = Date, retention: Retention = DEFAULT_RETENTION) {
    this.#clock = clock;
    this.#ends = new Ends(retention.results);
    this.#tasks = new Tasks(retention, (id, end) => {
      if (end === undefined) this.#ends.tell(id);
      else this.#ends.keep(id, end, this.#clock.now());
    });
  }

  add(tasks: readonly NewTask[]): Promise<Added[]> {
    const now = this.#clock.now();
    const answers = tasks.map((task) => this.#tasks.add(task, now));
    this.#rouse();
    return Promise.resolve(answers);
  }

  replace(task: NewTask): Promise<Added> {
    const answer = this.#tasks.replace(task, this.#clock.now());
    this.#rouse();
    return Promise.resolve(answer);
  }

  settle(request: SettleRequest): Promise<Settled> {
    const now = this.#clock.now();
    this.#tasks.lost.undo(request.worker, request.answered, now);
    const refused = this.#tasks.conclude(request.worker, request.settlements, now);
    this.#recover(now);
    this.#tasks.promote(now);
    const present = this.#workers.get(request.worker);
    const room = request.want - (present?.inbox.tasks ?? 0);
    const claims: Claim[] = [];
    const others = [...this.#workers].some(
      ([worker, { asleep }]) => worker !== request.worker && asleep !== undefined && asleep.free > 0,
    );
    const most = room + (others ? 0 : request.ahead);
    while (claims.length < most) {
      const known = claims.length < room ? present?.info.tasks : undefined;
      const claim = this.#tasks.claim(request, known ?? [], now);
      if (claim === undefined) break;
      claims.push(claim);
    }
    const event = this.#tasks.nextEvent();
    const wakes =
      event === undefined ? now + request.sleepMs : Math.max(now, Math.min(now + request.sleepMs, event));
    if (present !== undefined) {
      const free = room - claims.length;
      present.asleep = request.sleepMs > 0 && free > 0 ? { free, leaseMs: request.leaseMs } : undefined;
      if (request.sleepMs > 0) {
        present.aliveUntil = wakes + Math.min(15_000, request.sleepMs);
        present.seenAt = now;
      }
    }
    this.#rouse();
    return Promise.resolve({ now, refused, claims, nextMs: wakes - now, known: present !== undefined });
  }

  gather(request: GatherRequest): Promise<readonly Claim[]> {
    const claims = this.#tasks.gather(request, this.#clock.now());
    this.#rouse();
    return Promise.resolve(claims);
  }

  renew(worker: string, held: readonly Held[], leaseMs: number): Promise<string[]> {
    const now = this.#clock.now();
    const lost = this.#tasks.leases.renew(worker, held, now + leaseMs);
    const present = this.#workers.get(worker);
    if (present !== undefined) {
      present.aliveUntil = Math.max(present.aliveUntil, now + leaseMs);
      present.seenAt = now;
    }
    return Promise.resolve(lost);
  }

  report(worker: string, held: Held, progress: string): Promise<void> {
    this.#tasks.leases.report(worker, held, progress);
    return Promise.resolve();
  }

  progress(id: string): Promise<string | undefined> {
    return Promise.resolve(this.#tasks.leases.progress(id));
  }

  async listen(worker: string, ms: number, signal: AbortSignal): Promise<Message | undefined> {
    return this.#workers.get(worker)?.inbox.next(ms, signal);
  }

  hello(info: WorkerInfo): Promise<void> {
    forgetSilent(this.#workers, this.#clock.now());
    this.#workers.set(info.worker, arrived(info, this.#clock.now()));
    return Promise.resolve();
  }

  bye(worker: string): Promise<void> {
    const unread = this.#workers.get(worker)?.inbox.clear() ?? [];
    this.#workers.delete(worker);
    this.#tasks.lost.unread(
      worker,
      unread.flatMap((message) => (message.kind === "task" ? [message.claim.id] : [])),
      this.#clock.now(),
    );
    this.#rouse();
    return Promise.resolve();
  }

  end(id: string): Promise<End> {
    return Promise.resolve(this.#tasks.end(id) ?? this.#ends.of(id, this.#clock.now()));
  }

  state(id: string): Promise<Standing> {
    const now = this.#clock.now();
    const ended = endedAs(this.#ends.of(id, now).kind, this.#tasks.history.of(id, now));
    return Promise.resolve(this.#tasks.state(id) ?? ended);
  }

  watch(id: string, callback: () => void): () => void {
    return this.#ends.watch(id, callback);
  }

  cancel(id: string): Promise<CancelResult> {
    const result = this.#tasks.cancel(id, this.#clock.now());
    if (typeof result === "object") {
      this.#workers.get(result.worker)?.inbox.push({ kind: "cancel", id });
      return Promise.resolve("running");
    }
    this.#rouse();
    return Promise.resolve(result);
  }

  wake(keys: readonly string[]): Promise<number> {
    const woken = this.#tasks.wake(keys, this.#clock.now());
    this.#rouse();
    return Promise.resolve(woken);
  }

  pause(groups: readonly string[], due: Due & { kind: "in" | "at" }, reason: string): Promise<void> {
    const until = dueAt(due, this.#clock.now());
    for (const group of groups) this.#tasks.gates.pause(group, until, reason);
    this.#rouse();
    return Promise.resolve();
  }

  resume(groups: readonly string[]): Promise<number> {
    const now = this.#clock.now();
    const resumed = groups.filter((group) => this.#tasks.gates.resume(group, now)).length;
    this.#rouse();
    return Promise.resolve(resumed);
  }

  paused(): Promise<Pause[]> {
    return Promise.resolve(this.#tasks.gates.paused(this.#clock.now()));
  }

  find(keys: readonly string[]): Promise<Found[]> {
    return Promise.resolve(keys.map((key) => this.#tasks.find(key)));
  }

  strike(strike: StrikeName, reason: string): Promise<boolean> {
    return Promise.resolve(this.#tasks.gates.strike(strike, this.#clock.now(), reason));
  }

  restore(strike: StrikeName): Promise<boolean> {
    const was = this.#tasks.gates.restore(strike, this.#clock.now());
    this.#rouse();
    return Promise.resolve(was);
  }

  strikes(): Promise<Strike[]> {
    return Promise.resolve(this.#tasks.gates.strikes());
  }

  letters(limit: number, from: number): Promise<Letter[]> {
    return Promise.resolve(this.#tasks.letters.newest(limit, from));
  }

  replay(id: string, replacement?: Replacement): Promise<ReplayResult> {
    const result = this.#tasks.replay(id, replacement, this.#clock.now());
    this.#rouse();
    return Promise.resolve(result);
  }

  discard(id: string): Promise<boolean> {
    return Promise.resolve(this.#tasks.discard(id, this.#clock.now()));
  }

  recent(asked: EndsAsked): Promise<EndsFound> {
    return Promise.resolve(this.#tasks.history.find(asked, this.#clock.now()));
  }

  snapshot(): Promise<Snapshot> {
    const now = this.#clock.now();
    return Promise.resolve({
      ...this.#tasks.tally.summary(this.#tasks.letters.size),
      ...{ now, nextAt: this.#tasks.nextEvent() },
      ...presence(this.#workers.values(), now),
    });
  }

  overview(minutes: number): Promise<Overview> {
    return Promise.resolve(this.#tasks.tally.overview(minutes, this.#clock.now()));
  }

  health(): Promise<StoreHealth> {
    return Promise.resolve({ reachable: true, evictionPolicy: undefined, version: undefined });
  }

  sent(): CommandCounts {
    return NONE;
  }

  outpost(): undefined {
    return undefined;
  }

  onReconnect(): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    for (const { inbox } of this.#workers.values()) inbox.close();
    return Promise.resolve();
  }

  /** A worker that let a lease end isn't there any more, as far as one can know. */
  #recover(now: number): void {
    for (const owner of this.#tasks.lost.recover(now)) {
      const present = this.#workers.get(owner);
      if (present !== undefined) present.asleep = undefined;
    }
  }

  /** Hands waiting tasks to sleeping workers, and has them look again where more waits or something falls due. */
  #rouse(): void {
    const now = this.#clock.now();
    for (const [worker, present] of this.#workers) {
      while (present.asleep !== undefined && present.asleep.free > 0) {
        const holder = { worker, call: 0, leaseMs: present.asleep.leaseMs };
        const claim = this.#tasks.claim(holder, present.info.tasks, now);
        if (claim === undefined) break;
        present.asleep.free -= 1;
        present.inbox.push({ kind: "task", claim, more: false });
      }
    }
    const event = this.#tasks.nextEvent();
    if (event === undefined) return;
    for (const { asleep, inbox } of this.#workers.values()) {
      if (asleep !== undefined) inbox.push({ kind: "look", ms: Math.max(0, event - now) });
    }
  }
}
