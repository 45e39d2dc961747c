import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DEFAULT_RETENTION, type Retention } from "../retention.js";
import { KEYS, PREFIXES } from "./keys.js";

/** A transition: a file in `lua/`, whose header names its arguments and includes. */
export interface Script {
  readonly name: string;
  readonly source: string;
  readonly sha: string;
  /** Names of the fixed arguments, in order; the first is always the overridden time. */
  readonly args: readonly string[];
  /** Names of the repeated arguments, in order. */
  readonly each: readonly string[];
}

export type Scripts = ReturnType<typeof loadScripts>;

/**
 * Reads all transitions from the package's `lua/` folder and puts them together with their includes. What is kept of ends
 * stands in the scripts themselves: so no call has to carry it, and each process's holds for what it buries and keeps.
 */
export function loadScripts(retention: Retention = DEFAULT_RETENTION) {
  const load = (name: string): Script => loadOne(name, retention);
  return {
    add: load("add"),
    replace: load("replace"),
    settle: load("settle"),
    gather: load("gather"),
    renew: load("renew"),
    outcome: load("outcome"),
    report: load("report"),
    progress: load("progress"),
    hello: load("hello"),
    bye: load("bye"),
    cancel: load("cancel"),
    wake: load("wake"),
    pause: load("pause"),
    resume: load("resume"),
    paused: load("paused"),
    strike: load("strike"),
    restore: load("restore"),
    strikes: load("strikes"),
    find: load("find"),
    letters: load("letters"),
    replay: load("replay"),
    discard: load("discard"),
    snapshot: load("snapshot"),
    tasks: load("tasks"),
    mend: load("mend"),
  };
}

const FOLDER = fileURLToPath(new URL("../../../lua/", import.meta.url));

function loadOne(name: string, { deadLetters, results }: Retention): Script {
  const text = readFileSync(`${FOLDER}${name}.lua`, "utf8");
  const args = words(text, "args");
  const each = words(text, "each");
  const includes = words(text, "include");
  const read = (include: string): string => readFileSync(`${FOLDER}include/${include}.lua`, "utf8");
  const bar = includes.indexOf("|");
  // What stands before the bar may be all that is carried out.
  const first = includes.slice(0, Math.max(0, bar)).map(read).join("\n");
  const rest = [...includes.slice(bar + 1).map(read), text].join("\n");
  const keysOfFirst = keysNamed(first, args);
  const keysOfRest = keysNamed(rest, args).filter((key) => !keysOfFirst.includes(key));
  const source = [
    "local P = KEYS[1]",
    ...args.map((arg, at) => `local ${arg} = ARGV[${String(at + 1)}]`),
    `local FIRST, STEP = ${String(args.length + 1)}, ${String(Math.max(1, each.length))}`,
    `local LETTERS_KEPT_MS, LETTERS_KEPT = ${String(deadLetters.keepMs)}, ${String(deadLetters.most)}`,
    `local RESULTS_KEPT_MS, RESULTS_KEPT = ${String(results.keepMs)}, ${String(results.most)}`,
    ...keysOfFirst,
    first,
    ...keysOfRest,
    rest,
  ].join("\n");
  return { name, source, sha: createHash("sha1").update(source).digest("hex"), args, each };
}

function words(text: string, label: string): string[] {
  const line = new RegExp(`^-- ${label}: (.+)$`, "m").exec(text)?.[1];
  return line === undefined ? [] : line.trim().split(/\s+/);
}

/** The keys that a piece of Lua names, each as a local variable; no others: a script may have no more than 200 at once. */
function keysNamed(lua: string, args: readonly string[]): string[] {
  return Object.entries({ ...KEYS, ...PREFIXES })
    .filter(([variable]) => !args.includes(variable) && new RegExp(`\\b${variable}\\b`).test(lua))
    .map(([variable, key]) => `local ${variable} = P .. "${key}"`);
}
