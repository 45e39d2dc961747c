import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Log } from "../log.js";
import { never, type RetryPolicy } from "../retry/policy.js";
import { milliseconds, type Duration } from "../time/duration.js";
import type { Priority } from "../store/store.js";
import { readBatch, type BatchOptions } from "./batch.js";
import { checkDefinition } from "./definition.js";
import { readLimit } from "./limit.js";
import { readCooldown, readRate, type Rate, type RateOptions } from "./rate.js";
import { recurrence, type Recurrence } from "./recurrence.js";
import { readVersion } from "./version.js";

/** Tells others how far a run is; they ask with `docket.progress(id)`. */
export interface Progress {
  /**
   * Keeps a value until the run ends, in whatever way, or tells of another one. Costs nothing to tasks that don't call it;
   * of values told in quick succession only the last is sure to be sent, at most ten a second. Best effort: while the
   * store is away, or once the lease is lost, it has no effect.
   *
   * @throws {RangeError} when JSON can't carry the value, or it is longer than 4,096 characters as JSON
   */
  set(value: unknown): void;
}

/** What a handler is given besides its payload. */
export interface RunContext<Services> {
  readonly services: Services;
  /** Aborted at the timeout, on cancel, when the lease is lost, and when the worker's drain is over. */
  readonly signal: AbortSignal;
  readonly task: string;
  readonly id: string;
  /** The idempotency key under which the task was added. */
  readonly key: string | undefined;
  /** From 1; grows with each failure, not with `RetryAt` and not with a lost worker. */
  readonly attempt: number;
  /** From 1; grows each time a worker is given the task. */
  readonly delivery: number;
  readonly addedAt: Date;
  readonly log: Log;
  readonly progress: Progress;
}

/** One task of a batch. What isn't told of it when the run has returned is done; when it threw, it has failed with that. */
export interface BatchItem<Payload> extends Pick<
  RunContext<unknown>,
  "id" | "key" | "attempt" | "delivery" | "addedAt" | "progress"
> {
  readonly payload: Payload;
  /** Aborted when this one is cancelled or its lease is lost, and with the signal of the whole. */
  readonly signal: AbortSignal;
  /** It is done, whatever becomes of the others. What was told of it first counts. @param result kept where the task keeps results */
  done(result?: unknown): void;
  /** It has failed: tried again by the task's policy, or as `Terminal` and `RetryAt` say. What was told of it first counts. */
  fail(error: unknown): void;
}

/** What a handler of batches is given besides its items. */
export interface BatchContext<Services> extends Pick<RunContext<Services>, "services" | "task" | "log"> {
  /** Aborted at the timeout, when the worker's drain is over, and when each of the items has been cancelled or lost. */
  readonly signal: AbortSignal;
}

/** Why a task ended among the dead letters. */
export interface Death {
  readonly id: string;
  readonly key: string | undefined;
  readonly task: string;
  /** `terminal`: the handler said so, or its retry policy of the error; `attempts`: used up; `deliveries`: it took its workers down; `age`: too old; `payload`: it doesn't fit the schema (any more). */
  readonly cause: "terminal" | "attempts" | "deliveries" | "age" | "payload";
  readonly reason: string;
}

export interface TaskOptions<Services, Schema extends StandardSchemaV1> {
  /** Stable: it is stored. 1–200 characters. */
  readonly name: string;
  /** Checked when the task is added and again when it runs. */
  readonly payload: Schema;
  /**
   * Of the payload; 1–100, default 1. Raise it when the payload becomes another, and give `upgrade`. A worker that finds a
   * payload of a newer version than it knows lays it aside for one that knows, with nothing counted; so deploy what runs
   * the task first, or together with what adds it. Strikes, rates, limits and keys are the task's, whatever the version.
   */
  readonly version?: number;
  /**
   * Makes a payload of this version of one that was stored by an earlier one, which `from` names; then the schema checks it. Pure,
   * and the same however often it is called. A `Terminal` sends the task to the dead letters; any other error is a failure
   * of the run. Not called for what comes by itself: that has no payload.
   */
  readonly upgrade?: (old: unknown, from: number) => StandardSchemaV1.InferInput<Schema>;
  /** Tasks with the same serial key run one at a time, in the order in which they were added (delayed ones: in which they came due). */
  readonly serial?: (payload: StandardSchemaV1.InferOutput<Schema>) => string;
  /** What it is paused with (`docket.pause`): tasks of one group, whatever their names. At most 500 characters. */
  readonly group?: (payload: StandardSchemaV1.InferOutput<Schema>) => string;
  /**
   * At most `limit` starts (1–1,000) in each `per` (1 ms to 24 days), for each group by itself. The others wait for their
   * turn, in order. A run that is handed back unfinished has started. With `over: "drop"` they don't wait: at most `limit`
   * are added in each `per`, whenever they are to start, and an `add` over that is refused (`handle.refused` is `"rate"`).
   * `replace`, `debounce` and `replay` are never refused.
   */
  readonly rate?: RateOptions;
  /**
   * At most so many runs at once (1–1,000) over all workers; or for each key (at most 500 characters) that `per` makes of the
   * payload. The others wait for their turn, in order. Each task brings the limit along that it was added with: whose turn
   * comes, its limit counts. The place of a lost worker is free when its lease ends.
   */
  readonly concurrency?:
    | number
    | { readonly limit: number; readonly per: (payload: StandardSchemaV1.InferOutput<Schema>) => string };
  /**
   * Tasks of high priority start before normal ones (the default), those before low ones; so that none waits for ever, of ten
   * that start while several wait, one is normal and one low. Within a serial key, order wins. Workers of a release
   * that knows no priorities leave high and low ones to others.
   */
  readonly priority?: Priority;
  /**
   * After one was added, others are refused for so long (1 ms to 24 days; `handle.refused` is `"cooldown"`): of the key that
   * they are added with, or of the whole task where they have none. `replace`, `debounce` and `replay` are never refused.
   */
  readonly cooldown?: Duration;
  /**
   * It comes by itself, this often, counted from the start of a run to the start of the next; 1 s to 24 days. Workers see to
   * it that it is there: once, however many they are. A run that fails, or takes longer, has no bearing on the next but to
   * put it off until it has ended; `retry` and `maxAge` have no say. The payload must take null, and nobody else adds it.
   * Another interval counts from the next run on. One that is cancelled, or has taken its workers down too often, is there again
   * within an hour of a worker's being there, and when one starts.
   */
  readonly every?: Duration;
  /**
   * It comes by itself at these times: minute, hour, day of the month, month, day of the week, as cron has them. All else is as for
   * `every`, of which it takes the place: one that takes longer is followed at once, and another expression counts from the next
   * run on. The first run is the first of these times after a worker was there.
   *
   * A time that a change to summer time leaves out comes when the clock goes forward. One that there is twice comes the first time;
   * an expression for each hour, or several times in it, goes on through both.
   */
  readonly cron?: string;
  /** Of `cron`, a name as in `"Europe/Berlin"`; default UTC. */
  readonly timeZone?: string;
  /**
   * When no worker was there at a time of `cron`: `"once"`, the default, runs one in place of all that were missed, as soon as one is;
   * `"skip"` leaves those out that can't begin within a minute of their time.
   */
  readonly missed?: "once" | "skip";
  /** Default: one attempt. */
  readonly retry?: RetryPolicy;
  /** How long one run may take; 1 ms to 24 days, default 5 minutes. The signal is aborted then, and the attempt has failed. */
  readonly timeout?: Duration;
  /** How old a task may get through `RetryAt` and retries; default 30 days. */
  readonly maxAge?: Duration;
  /**
   * Keeps what `run` returns, as JSON (at most 65,536 characters), so that `handle.result()` resolves with it: for ten minutes after the
   * end, and the newest 10,000 of a docket, unless `results` of `Docket.open` says otherwise. Without it nothing is kept, and a task's end costs nothing more; say it
   * to all who add the task or run it, else those who wait wait in vain. A result
   * that JSON can't carry sends the task to the dead letters.
   */
  readonly result?: boolean;
  /** Told once the task is among the dead letters; best effort (the process may die in between), so ask `docket.find` too. */
  readonly onDeadLetter?: (payload: unknown, death: Death, services: Services) => Promise<void> | void;
  readonly batch?: undefined;
  run(payload: StandardSchemaV1.InferOutput<Schema>, ctx: RunContext<Services>): Promise<unknown>;
}

/** Of a task whose runs take several at once. Each is a task all the same: with an id, a lease, attempts and an end of its own. */
export interface BatchTaskOptions<Services, Schema extends StandardSchemaV1> extends Omit<
  TaskOptions<Services, Schema>,
  "batch" | "run" | "serial" | "concurrency" | "every" | "cron" | "timeZone" | "missed"
> {
  /**
   * How many run together at most, and for how long the first waits for others. A batch takes one of a worker's slots. One that
   * has lost two workers in a row runs alone. Workers of a release that knows no batches run each by itself.
   */
  readonly batch: BatchOptions<StandardSchemaV1.InferOutput<Schema>>;
  readonly serial?: undefined;
  readonly concurrency?: undefined;
  readonly every?: undefined;
  readonly cron?: undefined;
  readonly timeZone?: undefined;
  readonly missed?: undefined;
  readonly run?: undefined;
  /** Called with at least one item. `timeout` is that of the whole; the outcome of each is told to the store when it has ended. */
  runBatch(
    items: readonly BatchItem<StandardSchemaV1.InferOutput<Schema>>[],
    ctx: BatchContext<Services>,
  ): Promise<unknown>;
}

/** How a task runs in batches. */
export interface Batch<Services> {
  readonly most: number;
  readonly withinMs: number;
  /** Those that share it run together. */
  by(payload: unknown): string;
  run(items: readonly BatchItem<unknown>[], ctx: BatchContext<Services>): Promise<unknown>;
}

/** A task as the engine keeps it: a name, what its payload must be, its behaviours and its handler. */
export interface Task<Input, Services> {
  readonly name: string;
  readonly payload: StandardSchemaV1<Input, unknown>;
  /** Of what is added from now on, and the newest that can be run. */
  readonly version: number;
  /** What was stored by an earlier version, as one of this. */
  upgrade(old: unknown, from: number): unknown;
  serial(payload: unknown): string | null;
  group(payload: unknown): string | null;
  readonly rate: Rate | undefined;
  readonly recurrence: Recurrence | undefined;
  readonly concurrency: number | undefined;
  /** Runs of each key are counted apart. */
  concurrencyKey(payload: unknown): string;
  readonly priority: Priority;
  readonly cooldownMs: number | undefined;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly maxAgeMs: number;
  readonly keepsResult: boolean;
  /** Undefined: each has a run to itself. */
  readonly batch: Batch<Services> | undefined;
  onDeadLetter(payload: unknown, death: Death, services: Services): Promise<void>;
  /** Of a task without batches. */
  run(payload: unknown, ctx: RunContext<Services>): Promise<unknown>;
}

/**
 * Defines a task. Called twice so that the services' type is given and the payload's is inferred.
 *
 * @throws {RangeError} when the name, the version, a duration, the rate, the concurrency or the cron expression is out of range, or what comes
 *   by itself could be refused
 * @throws {TypeError} when something in it isn't what it must be, as a compiler would say
 */
export function defineTask<Services>() {
  return <Schema extends StandardSchemaV1>(
    options: TaskOptions<Services, Schema> | BatchTaskOptions<Services, Schema>,
  ): Task<StandardSchemaV1.InferInput<Schema>, Services> => {
    checkDefinition(options);
    const of = `of task ${options.name}`;
    const { concurrency, cooldown } = options;
    const perKey = typeof concurrency === "object" ? concurrency : undefined;
    const most = typeof concurrency === "object" ? concurrency.limit : concurrency;
    const comes = options.every !== undefined || options.cron !== undefined;
    if (comes && (cooldown !== undefined || options.rate?.over === "drop"))
      throw new RangeError(
        `task ${options.name} comes by itself, and may not be refused: give it no cooldown`,
      );
    return {
      name: options.name,
      payload: options.payload,
      version: readVersion({ version: options.version, upgrade: options.upgrade, comes }, of),
      upgrade: (old, from) => (options.upgrade === undefined ? old : options.upgrade(old, from)),
      serial: (payload) => options.serial?.(payload) ?? null,
      group: (payload) => options.group?.(payload) ?? null,
      rate: options.rate === undefined ? undefined : readRate(options.rate, options.group !== undefined, of),
      recurrence: recurrence(options, of),
      concurrency: most === undefined ? undefined : readLimit(most, of),
      concurrencyKey: (payload) => perKey?.per(payload) ?? "",
      priority: options.priority ?? "normal",
      cooldownMs: cooldown === undefined ? undefined : readCooldown(cooldown, `the cooldown ${of}`),
      retry: options.retry ?? never,
      timeoutMs: timeoutMs(options.timeout ?? "5m", `the timeout ${of}`),
      maxAgeMs: milliseconds(options.maxAge ?? "30d", `the greatest age ${of}`),
      keepsResult: options.result ?? false,
      batch: batchOf(options, of),
      onDeadLetter: async (payload, death, services) => {
        await options.onDeadLetter?.(payload, death, services);
      },
      run: (payload, ctx) =>
        options.batch === undefined
          ? options.run(payload, ctx)
          : Promise.reject(new TypeError(`${options.name} runs in batches`)),
    };
  };
}

function batchOf<Services, Schema extends StandardSchemaV1>(
  options: TaskOptions<Services, Schema> | BatchTaskOptions<Services, Schema>,
  of: string,
): Batch<Services> | undefined {
  if (options.batch === undefined) return undefined;
  const { by } = options.batch;
  return {
    ...readBatch(options, of),
    by: (payload) => by?.(payload) ?? "",
    run: (items, ctx) => options.runBatch(items, ctx),
  };
}

/** The longest that a timer can be set for is a little more than 24 days; beyond, it would ring at once. */
function timeoutMs(timeout: Duration, what: string): number {
  const ms = milliseconds(timeout, what);
  if (ms < 1 || ms > milliseconds("24d", what))
    throw new RangeError(`${what} is ${JSON.stringify(timeout)}: give 1ms to 24d`);
  return ms;
}
