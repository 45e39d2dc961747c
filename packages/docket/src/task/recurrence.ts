import { Cron } from "croner";
import { milliseconds, type Duration } from "../time/duration.js";

/** When a task comes that comes by itself. Times are the store's, in milliseconds since the epoch. */
export interface Recurrence {
  /** When a run that was claimed at `now` is due instead; undefined when it is due. `addedAt`: when the task was first there. */
  putOff(addedAt: number, now: number): number | undefined;
  /** When the next run is due after one that began at `startedAt`; where that is past by the run's end, it comes at once. */
  next(startedAt: number): number;
}

export interface Coming {
  readonly every?: Duration | undefined;
  readonly cron?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly missed?: "once" | "skip" | undefined;
}

/** A run that begins so long after its time isn't late yet. */
const PUNCTUAL_MS = 60_000;

/**
 * @param of names the task
 * @throws {RangeError} on an interval, an expression or a time zone that can't be used
 */
export function recurrence({ every, cron, timeZone, missed }: Coming, of: string): Recurrence | undefined {
  if (cron !== undefined) {
    if (every !== undefined) throw new RangeError(`both every and cron are given ${of}: give one of them`);
    return calendar(cron, timeZone ?? "UTC", missed ?? "once", of);
  }
  if (timeZone !== undefined || missed !== undefined)
    throw new RangeError(`timeZone or missed is given ${of}, but no cron: give the expression too`);
  if (every === undefined) return undefined;
  const ms = everyMs(every, `the interval ${of}`);
  return { putOff: () => undefined, next: (startedAt) => startedAt + ms };
}

function calendar(expression: string, timeZone: string, missed: "once" | "skip", of: string): Recurrence {
  const what = `the cron expression ${of} is ${JSON.stringify(expression.slice(0, 100))} in ${JSON.stringify(timeZone)}`;
  let cron: Cron;
  let first: Date | null;
  try {
    cron = new Cron(expression, { timezone: timeZone, mode: "5-part", paused: true });
    first = cron.nextRun(new Date(0));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`${what}, which can't be read: ${reason}`, { cause });
  }
  if (first === null) throw new RangeError(`${what}, which never comes: give a day that there is`);
  // Beyond the calendar that the library knows there is nothing to wait for.
  const next = (after: number): number => cron.nextRun(new Date(after))?.getTime() ?? Number.MAX_SAFE_INTEGER;
  return {
    // What is added comes at once, to a worker that knows the store's time; the task's own begins with the expression.
    putOff: (addedAt, now) => {
      const begins = next(addedAt);
      if (begins > now) return begins;
      return missed === "skip" && next(now - PUNCTUAL_MS) > now ? next(now) : undefined;
    },
    next,
  };
}

function everyMs(every: Duration, what: string): number {
  const ms = milliseconds(every, what);
  if (ms < 1_000 || ms > milliseconds("24d", what))
    throw new RangeError(`${what} is ${JSON.stringify(every)}: give 1s to 24d`);
  return ms;
}
