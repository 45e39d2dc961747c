import { IncompatibleStore } from "../../errors.js";
import type { Log } from "../../log.js";
import type { Clock } from "../../time/clock.js";
import { readVersioned } from "../../task/version.js";
import { field, nameField } from "../envelope.js";
import type {
  CommandCounts,
  Overview,
  Pause,
  Snapshot,
  StoreHealth,
  Strike,
  StrikeName,
  WorkerInfo,
} from "../sight.js";
import type { EndsAsked, EndsFound } from "../history.js";
import type { Retention } from "../retention.js";
import type { GatherRequest } from "../batching.js";
import type { Outpost } from "../outpost.js";
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
import {
  batchArguments,
  batches,
  dueArgument,
  fieldBatches,
  replaceArguments,
  replacementArguments,
  settlementArguments,
  strikeArgument,
} from "./arguments.js";
import { Calls } from "./calls.js";
import { Connection } from "./connection.js";
import { endsArguments, endsFound } from "./ends.js";
import { Inboxes } from "./inboxes.js";
import { endOf, LAYOUT, prefixOf } from "./keys.js";
import * as reply from "./replies.js";
import type { Server } from "./address.js";
import { Meter } from "./meter.js";
import { Standings } from "./standings.js";
import { Watcher } from "./watcher.js";

interface RedisStoreOptions {
  readonly server: Server;
  readonly name: string;
  readonly log: Log;
  readonly clock: Clock | undefined;
  /** Default: as it always was. */
  readonly retention?: Retention;
}

/** The store that outlives its processes. Needs Redis ≥6.2 (LPOP with a count). */
export class RedisStore implements Store {
  readonly #name: string;
  readonly #prefix: string;
  readonly #meter = new Meter();
  readonly #connection: Connection;
  readonly #calls: Calls;
  readonly #watcher: Watcher;
  readonly #server: Server;
  readonly #clock: Clock | undefined;
  readonly #standings = new Standings();
  readonly #inboxes: Inboxes;
  readonly #noted: boolean;

  constructor(options: RedisStoreOptions) {
    this.#name = options.name;
    this.#prefix = prefixOf(options.name);
    this.#server = options.server;
    this.#clock = options.clock;
    const { server, log, clock, retention } = options;
    this.#noted = retention?.history !== undefined;
    this.#watcher = new Watcher(server, log, this.#meter);
    this.#inboxes = new Inboxes(this.#prefix, server, log, this.#meter);
    this.#connection = new Connection(server, log, "calls", this.#meter);
    this.#calls = new Calls({ connection: this.#connection, prefix: this.#prefix, clock, log, retention });
    // Who didn't answer there, or sent us on, isn't heard from on the other lines either: they would wait in vain.
    this.#connection.onReplaced(() => {
      this.#inboxes.drop();
      this.#watcher.drop();
    });
  }

  async add(tasks: readonly NewTask[]): Promise<Added[]> {
    const answers: Added[] = [];
    let sent: Promise<unknown> | undefined;
    let of: readonly NewTask[] = [];
    // One call at a time, so that they keep their order; the next is put together while one is on its way.
    for (const batch of batches(tasks)) {
      const [counts, each] = batchArguments(batch);
      if (sent !== undefined) reply.added(of, await sent, answers);
      sent = this.#calls.call("add", [counts], each);
      of = batch;
    }
    if (sent !== undefined) reply.added(of, await sent, answers);
    return answers;
  }

  async replace(task: NewTask): Promise<Added> {
    const [id = task.id] = reply.strings([await this.#calls.call("replace", replaceArguments(task), [])]);
    return { id, added: id === task.id };
  }

  async settle(request: SettleRequest): Promise<Settled> {
    const { worker, call, answered, want, ahead, sleepMs, leaseMs } = request;
    const [freeName, each] = settlementArguments(request.settlements, this.#noted);
    // Whoever only asks is to be known afterwards: it may have been forgotten. And a test's clock jumps.
    const trusted = each.length > 0 && this.#clock === undefined;
    const told = trusted ? this.#standings.told(worker) : ["", "", ""];
    const args = [worker, call, answered, want, ahead, sleepMs, leaseMs, freeName, ...told];
    this.#standings.forget(worker);
    const purpose = each.length > 0 ? "finishing" : "claiming";
    const { settled, standing } = reply.settled(await this.#calls.call("settle", args, each, purpose));
    this.#standings.heard(worker, standing);
    return settled;
  }

  async gather({ worker, call, leader, most, leaseMs }: GatherRequest): Promise<readonly Claim[]> {
    const args = [worker, call, leader.id, leader.delivery, most, leaseMs];
    return reply.gathered(await this.#calls.call("gather", args, [], "claiming"));
  }

  async renew(worker: string, held: readonly Held[], leaseMs: number): Promise<string[]> {
    return reply.strings(
      await this.#calls.call(
        "renew",
        [worker, leaseMs],
        held.flatMap(({ id, delivery }) => [id, delivery]),
      ),
    );
  }

  async report(worker: string, { id, delivery }: Held, progress: string): Promise<void> {
    await this.#calls.call("report", [worker, id, delivery, progress], []);
  }

  async progress(id: string): Promise<string | undefined> {
    const [progress = ""] = reply.strings([await this.#calls.call("progress", [id], [])]);
    return progress === "" ? undefined : progress;
  }

  async listen(worker: string, ms: number, signal: AbortSignal): Promise<Message | undefined> {
    try {
      return await this.#inboxes.read(worker, ms, signal);
    } catch (error) {
      await this.#calls.mend(error);
      throw error;
    }
  }

  async hello(info: WorkerInfo): Promise<void> {
    const tasks = info.tasks.map((name) => nameField(readVersioned(name)));
    const layout = await this.#calls.call(
      "hello",
      [LAYOUT, info.worker, JSON.stringify({ ...info, tasks })],
      tasks,
    );
    if (layout !== LAYOUT) {
      throw new IncompatibleStore(
        `the keys under ${this.#prefix} have layout ${String(layout)}, and this version reads ${LAYOUT}: run the version that wrote them, or use another name`,
      );
    }
  }

  async bye(worker: string): Promise<void> {
    this.#standings.forget(worker);
    await this.#calls.call("bye", [worker], []);
  }

  async end(id: string): Promise<End> {
    return reply.end(await this.#calls.call("outcome", [id, ""], []));
  }

  async state(id: string): Promise<Standing> {
    return reply.state(await this.#calls.call("outcome", [id, "state"], []));
  }

  watch(id: string, callback: () => void): () => void {
    return this.#watcher.watch(endOf(this.#prefix, id), callback);
  }

  async cancel(id: string): Promise<CancelResult> {
    return reply.oneOf(["cancelled", "running", "unknown"], await this.#calls.call("cancel", [id], []));
  }

  async wake(keys: readonly string[]): Promise<number> {
    let woken = 0;
    for (const batch of fieldBatches(keys)) woken += Number(await this.#calls.call("wake", [], batch));
    return woken;
  }

  async pause(groups: readonly string[], due: Due, reason: string): Promise<void> {
    for (const batch of fieldBatches(groups))
      await this.#calls.call("pause", [dueArgument(due), field(reason)], batch);
  }

  async resume(groups: readonly string[]): Promise<number> {
    let resumed = 0;
    for (const batch of fieldBatches(groups)) resumed += Number(await this.#calls.call("resume", [], batch));
    return resumed;
  }

  async paused(): Promise<Pause[]> {
    return reply.pauses(await this.#calls.call("paused", [], []));
  }

  async find(keys: readonly string[]): Promise<Found[]> {
    const found: Found[] = [];
    for (const batch of fieldBatches(keys))
      found.push(...reply.found(await this.#calls.call("find", [], batch)));
    return found;
  }

  async strike(strike: StrikeName, reason: string): Promise<boolean> {
    return (await this.#calls.call("strike", [strikeArgument(strike), field(reason)], [])) === 1;
  }

  async restore(strike: StrikeName): Promise<boolean> {
    return (await this.#calls.call("restore", [strikeArgument(strike)], [])) === 1;
  }

  async strikes(): Promise<Strike[]> {
    return reply.strikes(await this.#calls.call("strikes", [], []));
  }

  async letters(limit: number, from: number): Promise<Letter[]> {
    return reply.letters(await this.#calls.call("letters", [limit, from], []));
  }

  async replay(id: string, replacement?: Replacement): Promise<ReplayResult> {
    const answer = await this.#calls.call("replay", [id, ...replacementArguments(replacement)], []);
    return reply.oneOf(["replayed", "overtaken", "unknown", "key in use"], answer);
  }

  async discard(id: string): Promise<boolean> {
    return (await this.#calls.call("discard", [id], [])) === 1;
  }

  async recent(asked: EndsAsked): Promise<EndsFound> {
    return endsFound(await this.#calls.call("recent", endsArguments(asked), []));
  }

  async snapshot(): Promise<Snapshot> {
    return reply.snapshot(await this.#calls.call("snapshot", [], []));
  }

  async overview(minutes: number): Promise<Overview> {
    return reply.overview(await this.#calls.call("tasks", [minutes], []));
  }

  async health(): Promise<StoreHealth> {
    const info = await this.#connection.info();
    const line = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
    return { reachable: true, evictionPolicy: line("maxmemory_policy"), version: line("redis_version") };
  }

  sent(): CommandCounts {
    return this.#meter.counts;
  }

  outpost(): Outpost | undefined {
    if (this.#clock !== undefined) return undefined;
    return {
      place: { server: this.#server, name: this.#name },
      sent: (commands) => {
        this.#meter.count("heartbeats", commands);
      },
    };
  }

  onReconnect(callback: () => void): () => void {
    return this.#connection.onReady(callback);
  }

  close(): Promise<void> {
    this.#inboxes.close();
    this.#watcher.close();
    this.#connection.close();
    return Promise.resolve();
  }
}
