import { execFile } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { projectFiles } from "../../../../scripts/project-files.ts";
import { parseImage, type Image } from "../../../../scripts/deployment/dockerfile.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../../..");

/** What an image holds, as a folder that anybody on this machine may read. */
export interface Tree {
  readonly folder: string;
  /** What a container of it would run as. */
  readonly image: Image;
  /** Where `node` is found, by whoever may not read the checkout. */
  readonly programs: string;
}

/**
 * Builds the tree by the image's own script, from the project's files alone, as a Docker build does: nothing that was built
 * here before can get into it.
 */
export async function buildTree(into: string): Promise<Tree> {
  const source = join(into, "source");
  for (const file of projectFiles(root)) {
    mkdirSync(dirname(join(source, file)), { recursive: true });
    cpSync(join(root, file), join(source, file));
  }
  borrowPackages(source);
  const folder = join(into, "app");
  await run("sh", ["scripts/image/build.sh", folder], { cwd: source, maxBuffer: 16 * 1024 * 1024 });
  const programs = join(into, "bin");
  mkdirSync(programs);
  linkOrCopy(process.execPath, join(programs, "node"));
  chmodSync(into, 0o755);
  return { folder, programs, image: parseImage(readFileSync(join(root, "Dockerfile"), "utf8"), "service") };
}

/** What `npm ci` would install, without installing it anew; our own packages are those of this source. */
function borrowPackages(source: string): void {
  const workspaces = ["docket", "backend", "web", "dev"].map((name) => join("packages", name));
  for (const place of [".", ...workspaces]) {
    const installed = join(root, place, "node_modules");
    const borrowed = join(source, place, "node_modules");
    mkdirSync(borrowed, { recursive: true });
    for (const name of namesIn(installed)) {
      if (name !== "@plyr") symlinkSync(join(installed, name), join(borrowed, name));
    }
  }
  mkdirSync(join(source, "node_modules/@plyr"));
  for (const place of workspaces)
    symlinkSync(join(source, place), join(source, "node_modules/@plyr", place.slice(9)));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // a package all of whose dependencies are the project's own
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // on another disk
  }
}

/** Every file of a folder, with its size in bytes; links aren't followed. */
export function filesOf(folder: string): { path: string; bytes: number }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(folder.length + 1), bytes: statSync(path).size }));
}
