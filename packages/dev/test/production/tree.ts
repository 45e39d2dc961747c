import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { copyCheckout, root } from "../checkout.js";
import { parseImage, type Image } from "../../src/deployment/dockerfile.js";

const run = promisify(execFile);

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
  copyCheckout(source);
  const folder = join(into, "app");
  await run("sh", ["scripts/image/build.sh", folder], { cwd: source, maxBuffer: 16 * 1024 * 1024 });
  const programs = join(into, "bin");
  mkdirSync(programs);
  linkOrCopy(process.execPath, join(programs, "node"));
  chmodSync(into, 0o755);
  return { folder, programs, image: parseImage(readFileSync(join(root, "Dockerfile"), "utf8"), "service") };
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
