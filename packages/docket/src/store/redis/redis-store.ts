import { IncompatibleStore } from "../../errors.js";
import type { Log } from "../../log.js";
import type { Clock } from "../../time/clock.js";
import { field } from "../envelope.js";
import type {
  CommandCounts,
  Overview,
  Snapshot,
  StoreHealth,
  Strike,
  StrikeName,
  WorkerInfo,
} from "../sight.js";
import type {
  Added,
  CancelResult,
  Due,
  End,
  Found,
  Held,
  Letter,
  Message,
  NewTask,
  Pause,
  Replacement,
  ReplayResult,
  Settled,
  SettleRequest,
  Store,
} from "../store.js";
import {
  BATCH,
  batches,
  dueArgument,
  outcomeDue,
  outcomeInfo,
  replacementArguments,
  strikeArgument,
  taskArguments,
} from "./arguments.js";
import { Connection } from "./connection.js";
import { bellOf, endOf, inboxOf, LAYOUT, prefixOf } from "./keys.js";
import * as reply from "./replies.js";
import { Meter, type Purpose, type Server } from "./meter.js";
import { loadScripts, type Scripts } from "./scripts.js";
import { Watcher } from "./watcher.js";

const PURPOSE: { readonly [Name in keyof Scripts]?: Purpose } = {
  add: "adding",
  replace: "adding",
  wake: "adding",
  renew: "heartbeats",
  hello: "heartbeats",
  bye: "heartbeats",
};

/** The store that outlives its processes. Needs Redis ≥6.2 (LPOP with a count). */
export class RedisStore implements Store {
  readonly #prefix: string;
  readonly #scripts: Scripts;
  readonly #meter = new Meter();
  readonly #calls: Connection;
  readonly #watcher: Watcher;
  readonly #server: Server;
  readonly #log: Log;
  readonly #clock: Clock | undefined;
  /** Blocking reads need connections of their own, one per worker. */
  readonly #listeners = new Map<string, Connection>();

  constructor(options: { server: Server; name: string; log: Log; clock: Clock | undefined }) {
    this.#prefix = prefixOf(options.name);
    this.#scripts = loadScripts();
    this.#server = options.server;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#watcher = new Watcher(options.server, options.log, this.#meter);
    this.#calls = new Connection(options.server, options.log, "calls", this.#meter);
  }

  async add(tasks: readonly NewTask[]): Promise<Added[]> {
    const answers: Added[] = [];
    for (const batch of batches(tasks)) {
      const said = reply.strings(await this.#call("add", [], batch.flatMap(taskArguments)));
      batch.forEach(({ id }, at) => answers.push(reply.added(id, said[at] ?? id)));
    }
    return answers;
  }

  async replace(task: NewTask): Promise<Added> {
    const [id = task.id] = reply.strings([await this.#call("replace", taskArguments(task), [])]);
    return { id, added: id === task.id };
  }

  async settle(request: SettleRequest): Promise<Settled> {
    const { worker, call, answered, want, ahead, received, sleepMs, leaseMs } = request;
    const answer = await this.#call(
      "settle",
      [worker, call, answered, want, ahead, received === "reset" ? -1 : received, sleepMs, leaseMs],
      request.settlements.flatMap(({ id, delivery, ties, outcome }) => [
        id,
        delivery,
        outcome.kind,
        outcomeDue(outcome),
        field(ties.serial),
        field(ties.key),
        field(ties.name),
        outcomeInfo(outcome),
      ]),
      request.settlements.length > 0 ? "finishing" : "claiming",
    );
    return reply.settled(answer);
  }

  async renew(worker: string, held: readonly Held[], leaseMs: number): Promise<string[]> {
    return reply.strings(
      await this.#call(
        "renew",
        [worker, leaseMs],
        held.flatMap(({ id, delivery }) => [id, delivery]),
      ),
    );
  }

  async report(worker: string, { id, delivery }: Held, progress: string): Promise<void> {
    await this.#call("report", [worker, id, delivery, progress], []);
  }

  async progress(id: string): Promise<string | undefined> {
    const [progress = ""] = reply.strings([await this.#call("progress", [id], [])]);
    return progress === "" ? undefined : progress;
  }

  async listen(worker: string, ms: number, signal: AbortSignal): Promise<Message | undefined> {
    let connection = this.#listeners.get(worker);
    if (connection === undefined) {
      connection = new Connection(this.#server, this.#log, "listener", this.#meter);
      this.#listeners.set(worker, connection);
    }
    const stop = (): void => {
      this.#listeners.delete(worker);
      connection.close();
    };
    if (signal.aborted) return undefined;
    signal.addEventListener("abort", stop, { once: true });
    try {
      const popped = await connection.pop([inboxOf(this.#prefix, worker), bellOf(this.#prefix)], ms);
      return popped === null ? undefined : reply.message(popped[1]);
    } catch (error) {
      if (connection.closed) return undefined;
      connection.drop();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async hello(info: WorkerInfo): Promise<void> {
    const layout = await this.#call(
      "hello",
      [LAYOUT, info.worker, JSON.stringify({ ...info, tasks: info.tasks.map(field) })],
      info.tasks.map(field),
    );
    if (layout !== LAYOUT) {
      throw new IncompatibleStore(
        `the keys under ${this.#prefix} have layout ${String(layout)}, and this version reads ${LAYOUT}: run the version that wrote them, or use another name`,
      );
    }
  }

  async bye(worker: string): Promise<void> {
    await this.#call("bye", [worker], []);
  }

  async end(id: string): Promise<End> {
    return reply.end(await this.#call("outcome", [id], []));
  }

  watch(id: string, callback: () => void): () => void {
    return this.#watcher.watch(endOf(this.#prefix, id), callback);
  }

  async cancel(id: string): Promise<CancelResult> {
    return reply.oneOf(["cancelled", "running", "unknown"], await this.#call("cancel", [id], []));
  }

  async wake(keys: readonly string[]): Promise<number> {
    let woken = 0;
    for (let from = 0; from < keys.length; from += BATCH) {
      woken += Number(await this.#call("wake", [], keys.slice(from, from + BATCH).map(field)));
    }
    return woken;
  }

  async pause(groups: readonly string[], due: Due, reason: string): Promise<void> {
    for (let from = 0; from < groups.length; from += BATCH) {
      const batch = groups.slice(from, from + BATCH).map(field);
      await this.#call("pause", [dueArgument(due), field(reason)], batch);
    }
  }

  async resume(groups: readonly string[]): Promise<number> {
    let resumed = 0;
    for (let from = 0; from < groups.length; from += BATCH) {
      resumed += Number(await this.#call("resume", [], groups.slice(from, from + BATCH).map(field)));
    }
    return resumed;
  }

  async paused(): Promise<Pause[]> {
    return reply.pauses(await this.#call("paused", [], []));
  }

  async find(keys: readonly string[]): Promise<Found[]> {
    const found: Found[] = [];
    for (let from = 0; from < keys.length; from += BATCH) {
      found.push(...reply.found(await this.#call("find", [], keys.slice(from, from + BATCH).map(field))));
    }
    return found;
  }

  async strike(strike: StrikeName, reason: string): Promise<boolean> {
    return (await this.#call("strike", [strikeArgument(strike), field(reason)], [])) === 1;
  }

  async restore(strike: StrikeName): Promise<boolean> {
    return (await this.#call("restore", [strikeArgument(strike)], [])) === 1;
  }

  async strikes(): Promise<Strike[]> {
    return reply.strikes(await this.#call("strikes", [], []));
  }

  async letters(limit: number, from: number): Promise<Letter[]> {
    return reply.letters(await this.#call("letters", [limit, from], []));
  }

  async replay(id: string, replacement?: Replacement): Promise<ReplayResult> {
    const answer = await this.#call("replay", [id, ...replacementArguments(replacement)], []);
    return reply.oneOf(["replayed", "unknown", "key in use"], answer);
  }

  async discard(id: string): Promise<boolean> {
    return (await this.#call("discard", [id], [])) === 1;
  }

  async snapshot(): Promise<Snapshot> {
    return reply.snapshot(await this.#call("snapshot", [], []));
  }

  async overview(minutes: number): Promise<Overview> {
    return reply.overview(await this.#call("tasks", [minutes], []));
  }

  async health(): Promise<StoreHealth> {
    const info = await this.#calls.info();
    const line = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
    return { reachable: true, evictionPolicy: line("maxmemory_policy"), version: line("redis_version") };
  }

  sent(): CommandCounts {
    return this.#meter.counts;
  }

  onReconnect(callback: () => void): () => void {
    return this.#calls.onReady(callback);
  }

  close(): Promise<void> {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
    this.#watcher.close();
    this.#calls.close();
    return Promise.resolve();
  }

  #call(
    name: keyof Scripts,
    args: (string | number)[],
    each: (string | number)[],
    purpose: Purpose = PURPOSE[name] ?? "other",
  ): Promise<unknown> {
    const time = this.#clock === undefined ? "" : this.#clock.now();
    return this.#calls.script(this.#scripts[name], this.#prefix, [time, ...args, ...each], purpose);
  }
}
