import { LIKE_A_VERSION } from "./version.js";

/** What a program without a compiler may have got wrong in a definition. */
interface Definition {
  readonly name: unknown;
  readonly payload: unknown;
  readonly run?: unknown;
  readonly batch?: unknown;
  readonly runBatch?: unknown;
  readonly serial?: unknown;
  readonly group?: unknown;
  readonly retry?: unknown;
  readonly onDeadLetter?: unknown;
}

/**
 * Looks at what would otherwise come to light only when the task is added, or has run and failed.
 *
 * @throws {RangeError} when the name is out of range
 * @throws {TypeError} when something isn't what it must be; the message says what to give
 */
export function checkDefinition(options: Definition): void {
  const { name, payload, run, batch, runBatch, retry } = options;
  if (typeof name !== "string" || name.length < 1 || name.length > 200)
    throw new RangeError(`a task's name is ${shown(name)}: give 1 to 200 characters`);
  if (LIKE_A_VERSION.test(name))
    throw new RangeError(
      `a task's name is ${shown(name)}, as a version is stored: give one that doesn't end with "@" and a number`,
    );
  const of = `of task ${name}`;
  if (!isSchema(payload))
    throw new TypeError(
      `the payload ${of} is no schema: give one of zod, valibot, arktype, or another Standard Schema`,
    );
  if (batch !== undefined && (typeof batch !== "object" || batch === null))
    throw new TypeError(`the batch ${of} is ${shown(batch)}: give { most, within }`);
  const [runs, handler] = batch === undefined ? (["run", run] as const) : (["runBatch", runBatch] as const);
  if (typeof handler !== "function")
    throw new TypeError(`the ${runs} ${of} is ${shown(handler)}: give the function that does it`);
  if (run !== undefined && runBatch !== undefined)
    throw new TypeError(`both run and runBatch are given ${of}: give runBatch to what has a batch`);
  for (const what of ["serial", "group", "onDeadLetter"] as const)
    if (options[what] !== undefined && typeof options[what] !== "function")
      throw new TypeError(`the ${what} ${of} is ${shown(options[what])}: give a function of its payload`);
  if (retry !== undefined && !isPolicy(retry))
    throw new TypeError(
      `the retry ${of} is ${shown(retry)}: give a policy, such as exponential({ attempts, min, max })`,
    );
}

/** Zod's are objects, arktype's are functions. */
function isSchema(value: unknown): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  if (!("~standard" in value)) return false;
  const standard = value["~standard"];
  return typeof standard === "object" && standard !== null && "validate" in standard;
}

function isPolicy(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("attempts" in value) || !("delay" in value))
    return false;
  return typeof value.attempts === "number" && typeof value.delay === "function";
}

/** For a message: texts and numbers as they are, of all else its kind. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "number" || value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
