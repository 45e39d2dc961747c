import type { StandardSchemaV1 } from "@standard-schema/spec";
import { InvalidPayload } from "../errors.js";

/** The longest payload, as JSON: 256 KiB. Larger things belong in a bucket or a database, and their name in the payload. */
export const LONGEST_PAYLOAD = 262_144;

/**
 * What the schema makes of a payload: at once, unless the schema itself takes its time.
 *
 * @throws {InvalidPayload} with the field and the reason; rejects with it where the schema takes its time
 */
export function checked(task: string, schema: StandardSchemaV1, payload: unknown): unknown {
  const result = schema["~standard"].validate(payload);
  return result instanceof Promise ? result.then((late) => valid(task, late)) : valid(task, result);
}

function valid(task: string, result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = (issue?.path ?? [])
    .map((part) => String(typeof part === "object" ? part.key : part))
    .join(".");
  throw new InvalidPayload(
    `${task}: ${path === "" ? "the payload" : path}: ${issue?.message ?? "is not what the schema demands"}`,
  );
}

/**
 * The payload as JSON.
 *
 * @throws {InvalidPayload} when something in it would not come back as it went in (a Date, a BigInt, undefined, NaN), or it is too long
 */
export function toJson(task: string, payload: unknown): string {
  const trouble = troubleAsJson(payload, "payload");
  if (trouble !== undefined) throw new InvalidPayload(`${task}: ${trouble}: give plain JSON values only`);
  const json = JSON.stringify(payload);
  if (json.length > LONGEST_PAYLOAD) {
    throw new InvalidPayload(
      `${task}: the payload is ${String(json.length)} characters of JSON, more than ${String(LONGEST_PAYLOAD)}: store it elsewhere and pass its id`,
    );
  }
  return json;
}

/** What in a value would not come back from JSON as it went in; undefined when all would. */
export function troubleAsJson(value: unknown, name: string): string | undefined {
  // Where it is gets looked for only when there is something to tell.
  return isPlain(value, DEEPEST) ? undefined : lossy(value, name, new Set());
}

/** Deeper ones, and those that refer to themselves, are looked at with care. */
const DEEPEST = 20;

function isPlain(value: unknown, deepest: number): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || deepest === 0) return false;
  return Object.getPrototypeOf(value) === Object.prototype && arePlain(value, deepest - 1);
}

function arePlain(value: object, deepest: number): boolean {
  for (const item of Object.values(value)) if (!isPlain(item, deepest)) return false;
  return true;
}

function lossy(value: unknown, path: string, above: Set<object>): string | undefined {
  if (value === undefined) return `${path} is undefined`;
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path} is ${String(value)}`;
  if (typeof value !== "object") return `${path} is a ${typeof value}`;
  if (above.has(value)) return `${path} refers to itself`;
  above.add(value);
  try {
    // Array.from sees the holes of a list, which map passes over.
    if (Array.isArray(value))
      return first(
        Array.from(value, (item: unknown, at) => [`${path}[${String(at)}]`, item] as const),
        above,
      );
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return `${path} is a ${value.constructor.name}`;
    return first(
      Object.entries(value).map(([name, item]: [string, unknown]) => [`${path}.${name}`, item] as const),
      above,
    );
  } finally {
    above.delete(value);
  }
}

function first(entries: (readonly [string, unknown])[], above: Set<object>): string | undefined {
  for (const [path, item] of entries) {
    const trouble = lossy(item, path, above);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}
