import { IncompatibleStore } from "../../errors.js";
import type { Log } from "../../log.js";
import type { Clock } from "../../time/clock.js";
import { field, seal } from "../envelope.js";
import type {
  Added,
  CancelResult,
  Due,
  End,
  Found,
  Group,
  Held,
  Letter,
  Message,
  NewTask,
  Outcome,
  Pause,
  ReplayResult,
  Settled,
  SettleRequest,
  Snapshot,
  Store,
  StoreHealth,
  WorkerInfo,
} from "../store.js";
import { Connection } from "./connection.js";
import { bellOf, endOf, inboxOf, LAYOUT, prefixOf } from "./keys.js";
import * as reply from "./replies.js";
import { loadScripts, type Scripts } from "./scripts.js";
import { Watcher } from "./watcher.js";

/** Tasks per script call: a script holds up everything else on its server while it runs. */
const BATCH = 250;
/** Characters of payload per script call: hosted Redis takes requests of 1 MB. */
const BATCH_SIZE = 524_288;

/** The store that outlives its processes. Needs Redis ≥6.2 (LPOP with a count). */
export class RedisStore implements Store {
  readonly #prefix: string;
  readonly #scripts: Scripts;
  readonly #calls: Connection;
  readonly #watcher: Watcher;
  readonly #url: string;
  readonly #log: Log;
  readonly #clock: Clock | undefined;
  /** Blocking reads need connections of their own, one per worker. */
  readonly #listeners = new Map<string, Connection>();

  constructor(options: { url: string; name: string; log: Log; clock: Clock | undefined }) {
    this.#prefix = prefixOf(options.name);
    this.#scripts = loadScripts();
    this.#url = options.url;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#watcher = new Watcher(options.url, options.log);
    this.#calls = new Connection(options.url, options.log, "calls");
  }

  async add(tasks: readonly NewTask[]): Promise<Added[]> {
    const answers: Added[] = [];
    for (const batch of batches(tasks)) {
      const ids = reply.strings(await this.#call("add", [], batch.flatMap(taskArguments)));
      batch.forEach((task, at) => {
        const id = ids[at] ?? task.id;
        answers.push({ id, added: id === task.id });
      });
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
      connection = new Connection(this.#url, this.#log, "listener");
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

  async letters(limit: number): Promise<Letter[]> {
    return reply.letters(await this.#call("letters", [limit], []));
  }

  async replay(id: string): Promise<ReplayResult> {
    return reply.oneOf(["replayed", "unknown", "key in use"], await this.#call("replay", [id], []));
  }

  async discard(id: string): Promise<boolean> {
    return (await this.#call("discard", [id], [])) === 1;
  }

  async snapshot(): Promise<Snapshot> {
    return reply.snapshot(await this.#call("snapshot", [], []));
  }

  async health(): Promise<StoreHealth> {
    const info = await this.#calls.info();
    const line = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
    return { reachable: true, evictionPolicy: line("maxmemory_policy"), version: line("redis_version") };
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

  #call(name: keyof Scripts, args: (string | number)[], each: (string | number)[]): Promise<unknown> {
    const time = this.#clock === undefined ? "" : this.#clock.now();
    return this.#calls.script(this.#scripts[name], this.#prefix, [time, ...args, ...each]);
  }
}

function taskArguments(task: NewTask): string[] {
  const { id, serial, key, name, due, group, payload, carried } = task;
  const ties = [field(serial), field(key), field(name)];
  return [id, ...ties, dueArgument(due), groupArgument(group), seal(task, payload, carried)];
}

/** In order, each small enough for one call. */
function* batches(tasks: readonly NewTask[]): Generator<readonly NewTask[]> {
  let batch: NewTask[] = [];
  let size = 0;
  for (const task of tasks) {
    if (batch.length === BATCH || (batch.length > 0 && size + task.payload.length > BATCH_SIZE)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(task);
    size += task.payload.length;
  }
  if (batch.length > 0) yield batch;
}

function groupArgument(group: Group | undefined): string {
  if (group === undefined) return "";
  const { name, rate } = group;
  return `${rate === undefined ? "\t" : `${String(rate.limit)}\t${String(rate.perMs)}`}\t${field(name)}`;
}

function dueArgument(due: Due): string {
  if (due.kind === "now") return "";
  if (due.kind === "quiet") return `~${String(due.ms)}:${String(due.longestMs)}`;
  return due.kind === "in" ? `+${String(due.ms)}` : String(due.at);
}

function outcomeInfo(outcome: Outcome): string {
  if (outcome.kind === "dead") return outcome.info;
  return outcome.kind === "done" && outcome.result !== undefined ? `=${outcome.result.json ?? ""}` : "";
}

function outcomeDue(outcome: Outcome): string {
  if (outcome.kind === "retry") return `+${String(outcome.ms)}`;
  return outcome.kind === "park" ? String(outcome.at) : "";
}
