import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

/** What a process of the service consists of, as it was built: the next version is tested beside it. */
const PARTS = { docket: ["dist", "lua", "package.json"], backend: ["dist", "package.json"] };

const root = process.cwd();
const target = join(root, "packages/backend/test/upgrading");
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, "packages/backend/package.json"), "utf8")));

const folder = mkdtempSync(join(tmpdir(), "plyr-pack-"));
try {
  for (const [name, parts] of Object.entries(PARTS)) {
    mkdirSync(join(folder, name));
    for (const part of parts)
      cpSync(join(root, "packages", name, part), join(folder, name, part), {
        recursive: true,
        filter: (path) => !/\.d\.ts$|\.map$|\.tsbuildinfo$/.test(path),
      });
  }
  for (const old of readdirSync(target)) if (old.endsWith(".tgz")) rmSync(join(target, old));
  const archive = join(target, `plyr-${version}.tgz`);
  execFileSync("tar", ["czf", archive, "-C", folder, ...Object.keys(PARTS)]);
  console.log(`packed ${archive}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
