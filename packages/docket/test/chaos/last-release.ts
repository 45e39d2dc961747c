import { execFileSync } from "node:child_process";
import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../../..");
const archives = join(root, "packages/backend/test/upgrading");

/** Unpacks the engine of the release before this version beside today's libraries. @returns its module */
export function unpackLastEngine(folder: string): string {
  const archive = readdirSync(archives).find((name) => name.endsWith(".tgz"));
  if (archive === undefined) throw new Error("there is no last release: see CONTRIBUTING.md");
  execFileSync("tar", ["xzf", join(archives, archive), "-C", folder, "docket"]);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return join(folder, "docket/dist/index.js");
}
