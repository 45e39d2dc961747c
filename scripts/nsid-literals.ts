import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { projectFiles } from "./project-files.ts";

const lexicon = z.object({ id: z.string() });
const source = /^packages\/[^/]+\/src\/.*\.(ts|js|svelte)$/;

/**
 * Where a source spells out an NSID that a lexicon of ours already names, in whatever namespace: as a string
 * (`"fm.plyr.like"`) or put together (`${namespace}.like`).
 *
 * @param nsids the ids of our lexicons
 * @returns one sentence per line that does
 */
export function nsidFaults(path: string, text: string, nsids: readonly string[]): string[] {
  const names = nsids.map((nsid) => nsid.split(".").slice(2).join("\\."));
  const spelt = new RegExp(`["'\`}:]([a-z0-9-]+(\\.[a-z0-9-]+)+)?\\.(${names.join("|")})["'\`\\s]`);
  return text.split("\n").flatMap((line, index) => {
    const code = line.replace(/^\s*(\*|\/\/|\/\*).*$/, "");
    return spelt.test(code)
      ? [
          `${path}:${index + 1}: spells out an NSID. Take it from collectionsOf (packages/backend/src/records).`,
        ]
      : [];
  });
}

/** The faults of all sources below `root`. */
export function allNsidFaults(root: string): string[] {
  const files = projectFiles(root);
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const nsids = files
    .filter((path) => /^lexicons\/fm\/.*\.json$/.test(path))
    .map((path) => lexicon.parse(JSON.parse(read(path))).id);
  return files.filter((path) => source.test(path)).flatMap((path) => nsidFaults(path, read(path), nsids));
}
