import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * The project's own files, relative to `root`: what git tracks, and what it would take in.
 * @throws when `root` is not in a git work tree
 */
export function projectFiles(root: string): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  const files = listed.split("\0").filter((file) => file !== "");
  return [...new Set(files)].filter((file) => existsSync(join(root, file)));
}
