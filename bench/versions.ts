import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** @throws when the package isn't installed */
export function packageVersion(name: string): string {
  // A package's exports need not offer its package.json, so its folder is found through its entry.
  const entry = fileURLToPath(import.meta.resolve(name));
  const folders = entry.split("/");
  while (folders.pop() !== undefined && folders.length > 0) {
    const found = manifest(`${folders.join("/")}/package.json`);
    if (found?.version !== undefined) return found.version;
  }
  throw new Error(`no package.json above ${entry}: is ${name} installed?`);
}

function manifest(path: string): z.output<typeof Manifest> | undefined {
  try {
    return Manifest.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

const Manifest = z.object({ version: z.string().optional() });
