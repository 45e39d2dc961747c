import { milliseconds, type Duration } from "./time/duration.js";

/** Thrown by a handler: trying again can't help. The task goes to the dead letters at once. */
export class Terminal extends Error {
  override readonly name: string = "Terminal";
}

/**
 * Thrown by a handler: not now, again then. Uses up no attempt; the task's greatest age (`maxAge`) is the only bound.
 *
 * @throws {RangeError} when `when` is neither a valid date nor a duration
 */
export class RetryAt extends Error {
  override readonly name: string = "RetryAt";
  readonly #when: Date | Duration;

  constructor(when: Date | Duration, reason: string, options?: ErrorOptions) {
    super(reason, options);
    if (when instanceof Date) {
      if (Number.isNaN(when.getTime()))
        throw new RangeError("RetryAt was given an invalid Date: give a valid one, or a duration");
    } else milliseconds(when, "RetryAt's delay");
    this.#when = when;
  }

  /** Milliseconds since the epoch at which to run again. */
  due(now: number): number {
    return this.#when instanceof Date
      ? this.#when.getTime()
      : now + milliseconds(this.#when, "RetryAt's delay");
  }
}

/** The reason of `ctx.signal` after the task's `timeout`; the attempt counts as failed. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/** The reason of `ctx.signal` when another worker may have the task by now: whatever this run does is ignored. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** The reason of `ctx.signal` after `docket.cancel(id)`; rejects `handle.result()` when it was cancelled or replaced. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

/** The reason of `ctx.signal` when the worker stops and its drain is over; the task goes back and is not counted. */
export class WorkerStopping extends Error {
  override readonly name = "WorkerStopping";
}

/** Rejects `handle.result()`: the task was given up, and is among the dead letters; the message says why. */
export class TaskFailed extends Error {
  override readonly name = "TaskFailed";
  readonly id: string;

  constructor(id: string, reason: string) {
    super(reason);
    this.id = id;
  }
}

/** Rejects `handle.result()`: the store knows nothing of the task: it ended too long ago, or the store was emptied. */
export class ResultGone extends Error {
  override readonly name = "ResultGone";
}

/** The store can't be reached, or doesn't answer within its time. What was sent may still be carried out later. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** A payload that doesn't fit its task's schema, or that JSON can't carry. Nothing was stored. */
export class InvalidPayload extends Error {
  override readonly name = "InvalidPayload";
}

/** The store holds a layout that this version can't read, or is too old. */
export class IncompatibleStore extends Error {
  override readonly name = "IncompatibleStore";
}
