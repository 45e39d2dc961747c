import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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

export const SCRIPT_NAMES = [
  "add",
  "settle",
  "renew",
  "hello",
  "bye",
  "cancel",
  "wake",
  "find",
  "letters",
  "replay",
  "discard",
  "snapshot",
] as const;

export type ScriptName = (typeof SCRIPT_NAMES)[number];

/** Reads all transitions from the package's `lua/` folder and puts them together with their includes. */
export function loadScripts(): Record<ScriptName, Script> {
  const entries = SCRIPT_NAMES.map((name) => [name, load(name)] as const);
  return Object.fromEntries(entries) as Record<ScriptName, Script>;
}

const FOLDER = fileURLToPath(new URL("../../../lua/", import.meta.url));

function load(name: ScriptName): Script {
  const text = readFileSync(`${FOLDER}${name}.lua`, "utf8");
  const args = words(text, "args");
  const each = words(text, "each");
  const includes = words(text, "include").map((include) => readFileSync(`${FOLDER}include/${include}.lua`, "utf8"));
  const source = [
    "local P = KEYS[1]",
    ...Object.entries({ ...KEYS, ...PREFIXES }).map(([variable, key]) => `local ${variable} = P .. "${key}"`),
    ...args.map((arg, at) => `local ${arg} = ARGV[${String(at + 1)}]`),
    `local FIRST, STEP = ${String(args.length + 1)}, ${String(Math.max(1, each.length))}`,
    ...includes,
    text,
  ].join("\n");
  return { name, source, sha: createHash("sha1").update(source).digest("hex"), args, each };
}

function words(text: string, label: string): string[] {
  const line = new RegExp(`^-- ${label}: (.+)$`, "m").exec(text)?.[1];
  return line === undefined ? [] : line.trim().split(/\s+/);
}
