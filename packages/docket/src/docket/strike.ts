import type { StrikeName } from "../store/sight.js";
import { LIKE_A_VERSION } from "../task/version.js";
import type { Task } from "../task/task.js";

/** Fields of the payload, and what they must equal. */
export type Where = Readonly<Record<string, string | number | boolean | null>>;

/** What doesn't start until it is restored. */
export interface StruckTask {
  readonly task: string;
  /** Undefined: whatever the payload. */
  readonly where: Where | undefined;
  readonly since: Date;
  readonly reason: string;
  /** How many tasks it holds whose turn has come. */
  readonly held: number;
}

/** The longest reason, in characters: it is for people to read. */
const LONGEST_REASON = 1_000;
/** As JSON. */
const LONGEST_WHERE = 2_000;

/** @throws {RangeError} when the name or the fields are out of range */
export function strikeName(task: string | Pick<Task<unknown, never>, "name">, where?: Where): StrikeName {
  const name = typeof task === "string" ? task : task.name;
  if (name.length < 1 || name.length > 200)
    throw new RangeError(`a task's name is "${name.slice(0, 40)}": give 1 to 200 characters`);
  if (LIKE_A_VERSION.test(name))
    throw new RangeError(`a strike on ${name} can't be of one version: leave it out, to strike all of them`);
  if (where === undefined) return { task: name, where: "" };
  const fields = Object.entries(where).sort(([one], [other]) => (one < other ? -1 : 1));
  const odd = fields.find(([, value]) => typeof value === "number" && !Number.isFinite(value));
  if (fields.length === 0 || odd !== undefined)
    throw new RangeError(`a strike on ${name} must name fields, with texts, numbers, booleans or null`);
  const json = JSON.stringify(Object.fromEntries(fields));
  if (json.length > LONGEST_WHERE)
    throw new RangeError(
      `the fields of a strike on ${name} are ${String(json.length)} characters of JSON: give at most 2000`,
    );
  return { task: name, where: json };
}

/** @throws {RangeError} when it is too long */
export function strikeReason(reason: string): string {
  if (reason.length <= LONGEST_REASON) return reason;
  throw new RangeError(
    `the reason of a strike is ${String(reason.length)} characters long: give at most 1000`,
  );
}

/** @param json as `strikeName` writes it */
export function readWhere(json: string): Where | undefined {
  if (json === "") return undefined;
  const read: unknown = JSON.parse(json);
  const fields = typeof read === "object" && read !== null ? Object.entries(read) : [];
  return Object.fromEntries(fields.filter((field): field is [string, Where[string]] => isScalar(field[1])));
}

function isScalar(value: unknown): value is Where[string] {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
