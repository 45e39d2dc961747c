import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectFiles } from "../../../scripts/project-files.ts";

/** Of the repository. */
export const root = join(import.meta.dirname, "../../..");

const workspaces = ["docket", "backend", "web", "dev"].map((name) => join("packages", name));

/**
 * Copies the project's files as `git clone` would, with the installed packages borrowed from here in place of an `npm ci`;
 * our own packages are those of the copy.
 *
 * @param options.built with what was compiled here, so that compiling again is quick
 */
export function copyCheckout(into: string, { built = false }: { built?: boolean } = {}): void {
  for (const file of projectFiles(root)) copy(file, into);
  for (const place of [".", ...workspaces]) borrow(place, into);
  mkdirSync(join(into, "node_modules/@plyr"));
  for (const place of workspaces) {
    symlinkSync(join(into, place), join(into, "node_modules/@plyr", place.slice("packages/".length)));
    if (built && place !== "packages/web") copy(join(place, "dist"), into);
  }
}

function copy(path: string, into: string): void {
  mkdirSync(dirname(join(into, path)), { recursive: true });
  cpSync(join(root, path), join(into, path), { recursive: true, preserveTimestamps: true });
}

function borrow(place: string, into: string): void {
  const installed = join(root, place, "node_modules");
  const borrowed = join(into, place, "node_modules");
  mkdirSync(borrowed, { recursive: true });
  for (const name of namesIn(installed)) {
    if (name !== "@plyr") symlinkSync(join(installed, name), join(borrowed, name));
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // a package all of whose dependencies are installed at the top
  }
}
