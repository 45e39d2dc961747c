import { InvalidArgumentError } from "commander";
import { milliseconds, type Duration } from "../time/duration.js";
import type { Where } from "../docket/strike.js";

/** @throws {InvalidArgumentError} */
export function count(typed: string): number {
  if (/^[1-9]\d{0,4}$/.test(typed)) return Number(typed);
  throw new InvalidArgumentError("Give a whole number from 1 to 99999.");
}

/** In ms. @throws {InvalidArgumentError} */
export function duration(typed: string): number {
  try {
    return milliseconds(asDuration(typed), "it");
  } catch {
    throw new InvalidArgumentError('Give a time such as "250ms", "10s", "5m", "2h" or "1d", at most 3650d.');
  }
}

/** @throws {InvalidArgumentError} */
export function date(typed: string): Date {
  const at = new Date(typed);
  if (!/^\d{4}-\d\d-\d\d/.test(typed) || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('Give a date such as "2027-01-31T12:00:00Z".');
  return at;
}

/** One more `field=value`. A value that reads as JSON is that (`1`, `true`, `null`, `"1"`); any other is a text. */
export function field(typed: string, before: Where = {}): Where {
  const at = typed.indexOf("=");
  if (at < 1) throw new InvalidArgumentError('Give a field of the payload, "=", and its value.');
  return { ...before, [typed.slice(0, at)]: scalar(typed.slice(at + 1)) };
}

function scalar(typed: string): Where[string] {
  try {
    const value: unknown = JSON.parse(typed);
    if (
      value === null ||
      typeof value === "string" ||
      typeof value === "number" ||
      typeof value === "boolean"
    )
      return value;
  } catch {
    return typed;
  }
  throw new InvalidArgumentError("The value is a text, a number, true, false or null.");
}

function asDuration(typed: string): Duration {
  return isDuration(typed) ? typed : Number.NaN;
}

function isDuration(typed: string): typed is Extract<Duration, string> {
  return /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(typed);
}
