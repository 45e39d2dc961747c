import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lineLimits } from "./line-limits.js";
import { projectFiles } from "./project-files.ts";

// These name a kind of code, not what it is about, so anything ends up in them.
const emptyName = /^(utils?|helpers?|common|misc|types)$/i;
const emptySuffix = /[-_](utils?|helpers?)$/i;

// ESLint counts the lines of the rest.
const countedHere = /\.(svelte|lua|css|html|sql)$/;
const ofTests = /(^|\/)test\//;

/** What is wrong with one file's name or length; empty when nothing is. */
export function layoutFaults(path: string, read: () => string): string[] {
  return [...nameFaults(path), ...lengthFaults(path, read)];
}

function nameFaults(path: string): string[] {
  return path.split("/").flatMap((part) => {
    const name = part.replace(/(?<=.)\..*$/, "");
    return emptyName.test(name) || emptySuffix.test(name)
      ? [`${path}: the name "${name}" says nothing of what it holds. Name it after the concept.`]
      : [];
  });
}

function lengthFaults(path: string, read: () => string): string[] {
  if (!countedHere.test(path)) return [];
  const limit = ofTests.test(path) ? lineLimits.test : lineLimits.source;
  const lines = read().trimEnd().split("\n").length;
  return lines > limit ? [`${path}: ${lines} lines, at most ${limit}. Split it by meaning.`] : [];
}

if (import.meta.main) {
  const root = process.cwd();
  const faults = projectFiles(root).flatMap((path) =>
    layoutFaults(path, () => readFileSync(join(root, path), "utf8")),
  );
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
