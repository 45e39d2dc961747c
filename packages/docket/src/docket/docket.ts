import { silent, type Log } from "../log.js";
import type { Trace } from "../trace.js";
import { openStore } from "../store/open-store.js";
import { readRetention, type KeepOptions } from "../store/retention.js";
import type { Added, FoundState, NewTask, Store } from "../store/store.js";
import type { Task } from "../task/task.js";
import type { Clock } from "../time/clock.js";
import type { Around } from "../worker/execution.js";
import { readInfo } from "../worker/outcome.js";
import type { WorkerOptions } from "../worker/options.js";
import { Worker } from "../worker/worker.js";
import { Adder } from "./adder.js";
import { afterBurst, type DebounceOptions } from "./debounce.js";
import { readProgress, TaskHandle, type Handle, type Waiting } from "./handle.js";
import { idMaker } from "./ids.js";
import { knownTasks } from "./known-tasks.js";
import { newTask, type AddOptions } from "./new-task.js";
import { seed } from "./seed.js";
import { Oversight } from "./oversight.js";

export interface DocketOptions<Services> {
  /**
   * `redis://user:password@host:port/db`, `rediss://` (TLS), `unix://user:password@/path/of/socket`,
   * `redis+sentinel://user:password@host:port,host:port/name?sentinel-user=…&sentinel-password=…` (hosts are the sentinels'),
   * `redis+cluster://user:password@host:port,host:port` (some of its nodes); `rediss+…` for TLS. What is odd in a user or a
   * password is percent-encoded. Unset or `memory://` keeps everything in this process.
   */
  readonly url?: string | undefined;
  /**
   * For `rediss:`: certificates (PEM) of the authorities that the server's may be signed by. Default: those that Node
   * trusts. The name in the URL is checked in any case.
   */
  readonly ca?: string | undefined;
  /** For `rediss:`: this client's certificate (PEM), where the server asks for one; with its `key`. */
  readonly cert?: string | undefined;
  /** For `rediss:`: the private key (PEM) of `cert`. */
  readonly key?: string | undefined;
  /** Namespace of all keys; default `docket`. Dockets of two names on one Redis never meet. */
  readonly name?: string;
  /** What may be added here and run here. */
  readonly tasks: readonly Task<unknown, Services>[];
  readonly services: Services;
  readonly log?: Log;
  /** Wraps every run. */
  readonly around?: Around<Services>;
  /** Follows tasks from where they are added to what they come to. Default: nothing is traced, nothing stored for it. */
  readonly trace?: Trace | undefined;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests: uniform in [0, 1). */
  readonly random?: () => number;
  /** For tests: stands between the docket and its store; see `@plyr/docket/testing`. */
  readonly through?: (store: Store) => Store;
  /** Deliveries in a row that may end with a lost worker before the task goes to the dead letters; 1–100, default 5. */
  readonly deliveryCap?: number;
  /**
   * How long dead letters are kept, 1 minute to 3,650 days (default 30 days), and how many, 1–1,000,000 (default the newest 10,000). Say it to
   * those who run workers: whenever one buries a task, what is older or beyond goes, as this process has it.
   */
  readonly deadLetters?: KeepOptions | undefined;
  /**
   * How long results and cancellations are known, 1 s to 30 days (default 10 minutes), and how many, 1–1,000,000 (default 10,000). Say it to those
   * who run workers: each is kept for as long as the process says that keeps it, whoever asks.
   */
  readonly results?: KeepOptions | undefined;
  /**
   * Whether it is known of any task that has ended how it did (`docket.recent`), for how long, 1 minute to 30 days (`{}`: 1 day), and of how many,
   * 1–100,000 (1,000). Default: nothing is kept. Say it to those who run workers, cancel and discard: each keeps what it ends.
   */
  readonly history?: KeepOptions | undefined;
  /** Of the program, for those who ask which workers are there; at most 100 characters. */
  readonly version?: string;
}

export interface Finding {
  readonly state: FoundState;
  readonly id: string | undefined;
  /** Why it died, when it is dead. */
  readonly reason: string | undefined;
}

/** Adds tasks to a store, makes workers for it, and tells what is in it. */
export class Docket<Services> extends Oversight<Services> {
  readonly #options: DocketOptions<Services>;
  readonly #store: Store;
  readonly #adder: Adder;
  readonly #tasks: ReadonlyMap<string, Task<unknown, Services>>;
  readonly #nextId = idMaker();
  readonly #closing = new AbortController();
  readonly #waiting: Waiting;

  private constructor(
    options: DocketOptions<Services>,
    tasks: ReadonlyMap<string, Task<unknown, Services>>,
    store: Store,
  ) {
    super(store, tasks);
    this.#options = options;
    this.#store = store;
    this.#adder = new Adder(store);
    this.#tasks = tasks;
    this.#waiting = { store, closed: this.#closing.signal };
  }

  /**
   * Opens a docket. Doesn't wait for Redis: what needs it fails with `StoreUnavailable` while it is away.
   *
   * @throws {RangeError} on a URL, name, cap or retention that can't be used, and on two tasks of one name
   * @throws {TypeError} on a task that `defineTask` hasn't made
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- opening may come to need an answer from the store
  static async open<Services>(options: DocketOptions<Services>): Promise<Docket<Services>> {
    const name = options.name ?? "docket";
    if (!/^[\w.:-]{1,100}$/.test(name)) {
      throw new RangeError(
        `the docket's name is ${JSON.stringify(name.slice(0, 120))}: give 1 to 100 letters, digits, ".", ":", "_", "-"`,
      );
    }
    const tasks = knownTasks(options.tasks);
    const cap = options.deliveryCap ?? 5;
    if (!Number.isInteger(cap) || cap < 1 || cap > 100)
      throw new RangeError(`deliveryCap is ${String(cap)}: give a whole number from 1 to 100`);
    const { url, ca, cert, key, clock, log = silent, through } = options;
    const store = openStore({ url, ca, cert, key, name, clock, log, retention: readRetention(options) });
    return new Docket(options, tasks, through?.(store) ?? store);
  }

  /**
   * Adds a task. Resolves once the store has it, or has refused it (`handle.refused`).
   *
   * @throws {InvalidPayload} nothing was stored
   * @throws {StoreUnavailable} it isn't known whether it was stored; with a `key`, adding again is safe
   */
  async add<Input>(
    task: Task<Input, Services>,
    payload: NoInfer<Input>,
    options: AddOptions = {},
  ): Promise<Handle> {
    const add = async (): Promise<Handle> => {
      const prepared = this.#prepare(task, payload, options);
      const added = await this.#adder.add(prepared instanceof Promise ? await prepared : prepared);
      return this.#handle(task, added);
    };
    return this.#traced(task.name, 1, add);
  }

  /**
   * Adds many tasks of one kind in one round trip per 250, in order; each is added whole or not at all.
   *
   * @param options for all of them, or for each (a key belongs to one task only)
   */
  async addMany<Input>(
    task: Task<Input, Services>,
    payloads: readonly NoInfer<Input>[],
    options: Omit<AddOptions, "key"> | ((payload: NoInfer<Input>, at: number) => AddOptions) = {},
  ): Promise<Handle[]> {
    return this.#traced(task.name, payloads.length, async () => {
      const prepared: NewTask[] = [];
      for (const [at, payload] of payloads.entries()) {
        const own = typeof options === "function" ? options(payload, at) : options;
        const one = this.#prepare(task, payload, own);
        prepared.push(one instanceof Promise ? await one : one);
      }
      return (await this.#store.add(prepared)).map((added) => this.#handle(task, added));
    });
  }

  /**
   * Gives the task of a key another payload and time, in one round trip. What waits or is delayed (also between attempts,
   * or put off) gets them under its own id, and is as new: first attempt, its age counted from now. It keeps its place in
   * line where it waits and is to run now; otherwise it takes its place when it is due, behind what is there by then. One
   * that runs goes on to its end, and the replacement, a task of its own, comes after it, in whatever way that run ends: it
   * isn't tried, put off or handed back again. Where none lives, the task is added.
   *
   * @returns the task that has the payload; `added` is false when it had been there before
   * @throws {RangeError} without a key
   * @throws {InvalidPayload} nothing was replaced
   * @throws {StoreUnavailable} it isn't known whether it was replaced; doing it again is safe
   */
  async replace<Input>(
    task: Task<Input, Services>,
    payload: NoInfer<Input>,
    options: Omit<AddOptions, "cooldown"> & { readonly key: string },
  ): Promise<Handle> {
    if (options.key === "")
      throw new RangeError(`the key of ${task.name} is empty: give the replaced task's`);
    return this.#traced(task.name, 1, async () =>
      this.#handle(task, await this.#store.replace(await this.#prepare(task, payload, options))),
    );
  }

  /**
   * Has a task run once for a burst of calls, with the last payload: when none has come for `quiet`, and at the latest
   * `longest` after the first. In one round trip, as `replace`, whose rules hold for what waits, is put off, or runs: while
   * one runs, the next follows it. Times are the store's.
   *
   * @returns the task that has the payload; `added` is false when the burst had begun before
   * @throws as `replace` does; {RangeError} when `longest` is shorter than `quiet`
   */
  async debounce<Input>(
    task: Task<Input, Services>,
    payload: NoInfer<Input>,
    options: DebounceOptions,
  ): Promise<Handle> {
    const { key } = options;
    if (key === "") throw new RangeError(`the key of ${task.name} is empty: give one for its bursts`);
    const due = afterBurst(task.name, options);
    return this.#traced(task.name, 1, async () => {
      const prepared = { ...(await this.#prepare(task, payload, { key })), due };
      return this.#handle(task, await this.#store.replace(prepared));
    });
  }

  /** What the run of a task has told of how far it is, with `ctx.progress.set`; undefined when it doesn't run, or told nothing. */
  async progress(id: string): Promise<unknown> {
    return readProgress(await this.#store.progress(id));
  }

  /** What became of the tasks of these keys. A finished task is `unknown`. */
  async find(keys: readonly string[]): Promise<Map<string, Finding>> {
    const found = await this.#store.find(keys);
    return new Map(
      keys.map((key, at) => {
        const { state, id, info } = found[at] ?? {
          state: "unknown" as const,
          id: undefined,
          info: undefined,
        };
        return [
          key,
          { state, id, reason: info === undefined ? undefined : (readInfo(info)?.error.message ?? info) },
        ];
      }),
    );
  }

  /** Has the delayed and put-off tasks of these keys run now; returns how many there were. */
  wake(keys: readonly string[]): Promise<number> {
    return this.#store.wake(keys);
  }

  worker(options: WorkerOptions = {}): Worker<Services> {
    const plainly: Around<Services> = (run) => run();
    const {
      services,
      around = plainly,
      log = silent,
      trace,
      clock,
      random = Math.random,
      deliveryCap = 5,
    } = this.#options;
    const tools = { tasks: this.#tasks, services, around, log, trace, random, deliveryCap };
    return new Worker(
      {
        ...{ store: this.#store, clock, version: this.#options.version?.slice(0, 100), tools },
        seed: () => seed(this.#store, this.#tasks.values(), this.#nextId, log),
      },
      options,
    );
  }

  /** Lets go of the connections. Stop the workers first. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.#store.close();
  }

  #traced<T extends Handle | Handle[]>(task: string, count: number, work: () => Promise<T>): Promise<T> {
    return this.#options.trace?.add?.({ task, count }, work) ?? work();
  }

  #handle<Input>({ name, keepsResult }: Task<Input, Services>, added: Added): Handle {
    return new TaskHandle(added, name, keepsResult, this.#waiting);
  }

  #prepare<Input>(
    task: Task<Input, Services>,
    payload: NoInfer<Input>,
    options: AddOptions,
  ): NewTask | Promise<NewTask> {
    const known = this.#tasks.get(task.name);
    if (known === undefined)
      throw new RangeError(`task ${task.name} isn't among the docket's tasks: list it in Docket.open`);
    if (known.recurrence !== undefined)
      throw new RangeError(`task ${task.name} comes by itself: leave adding it to the workers`);
    return newTask(this.#nextId(), task, payload, options, this.#options.trace);
  }
}
