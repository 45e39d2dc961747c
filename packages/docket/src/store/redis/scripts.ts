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
 * stands in the scripts themselves: so no call has to carry it, and each process's holds for what it buries and keeps. Where
 * no history is kept, they have nothing of it.
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
    recent: load("recent"),
    replay: load("replay"),
    discard: load("discard"),
    snapshot: load("snapshot"),
    tasks: load("tasks"),
    mend: load("mend"),
  };
}

const FOLDER = fileURLToPath(new URL("../../../lua/", import.meta.url));

function loadOne(name: string, retention: Retention): Script {
  const text = readFileSync(`${FOLDER}${name}.lua`, "utf8");
  const args = words(text, "args");
  const each = words(text, "each");
  const includes = words(text, "include").filter(
    (include) => include !== "history" || retention.history !== undefined,
  );
  const read = (include: string): string => readFileSync(`${FOLDER}include/${include}.lua`, "utf8");
  const bar = includes.indexOf("|");
  // What stands before the bar may be all that is carried out.
  const first = includes.slice(0, Math.max(0, bar)).map(read).join("\n");
  const rest = [...includes.slice(bar + 1).map(read), text].join("\n");
  const named = { ...KEYS, ...PREFIXES };
  const keysOfFirst = Object.entries(named).filter(namedIn(first, args));
  const keysOfRest = Object.entries(named).filter(
    namedIn(rest, [...args, ...keysOfFirst.map(([key]) => key)]),
  );
  const source = [
    "local P = KEYS[1]",
    ...args.map((arg, at) => `local ${arg} = ARGV[${String(at + 1)}]`),
    `local FIRST, STEP = ${String(args.length + 1)}, ${String(Math.max(1, each.length))}`,
    ...Object.entries(constants(retention))
      .filter(namedIn(`${first}\n${rest}`))
      .map(([constant, value]) => `local ${constant} = ${String(value)}`),
    ...keysOfFirst.map(keyVariable),
    first,
    ...keysOfRest.map(keyVariable),
    rest,
  ].join("\n");
  return { name, source, sha: createHash("sha1").update(source).digest("hex"), args, each };
}

function constants({ deadLetters, results, history }: Retention): Record<string, number | boolean> {
  return {
    LETTERS_KEPT_MS: deadLetters.keepMs,
    LETTERS_KEPT: deadLetters.most,
    RESULTS_KEPT_MS: results.keepMs,
    RESULTS_KEPT: results.most,
    HISTORY_KEPT_MS: history?.keepMs ?? false,
    HISTORY_KEPT: history?.most ?? false,
  };
}

function words(text: string, label: string): string[] {
  const line = new RegExp(`^-- ${label}: (.+)$`, "m").exec(text)?.[1];
  return line === undefined ? [] : line.trim().split(/\s+/);
}

/** What a piece of Lua names, besides what is named otherwise; no more: a script may have no more than 200 local variables at once. */
function namedIn(lua: string, otherwise: readonly string[] = []) {
  const code = lua.replaceAll(/--.*/g, "");
  return ([variable]: readonly [string, unknown]): boolean =>
    !otherwise.includes(variable) && new RegExp(`\\b${variable}\\b`).test(code);
}

function keyVariable([variable, key]: readonly [string, string]): string {
  return `local ${variable} = P .. "${key}"`;
}
