import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../../..");

export interface LastRelease extends Disposable {
  /** Its program. */
  readonly entry: string;
}

/** Unpacks the release before this version, as it was built then (see CONTRIBUTING.md), beside today's libraries. */
export function unpackLastRelease(): LastRelease {
  const folder = mkdtempSync(join(tmpdir(), "plyr-release-"));
  const archive = readdirSync(import.meta.dirname).find((name) => name.endsWith(".tgz"));
  if (archive === undefined) throw new Error("there is no last release: see CONTRIBUTING.md");
  execFileSync("tar", ["xzf", join(import.meta.dirname, archive), "-C", folder]);
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@plyr"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules")))
    if (name !== "@plyr") symlinkSync(join(root, "node_modules", name), join(modules, name));
  cpSync(join(folder, "docket"), join(modules, "@plyr/docket"), { recursive: true });
  symlinkSync(join(root, "packages/backend/node_modules"), join(folder, "backend/node_modules"));
  return {
    entry: join(folder, "backend/dist/bin/serve.js"),
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
