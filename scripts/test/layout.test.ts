import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const script = join(import.meta.dirname, "../layout.ts");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plyr-layout-"));
  execFileSync("git", ["init", "--quiet"], { cwd: folder });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, text = "") {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function layout() {
  const { status, stderr } = spawnSync(process.execPath, [script], { cwd: folder, encoding: "utf8" });
  return { status, faults: stderr.trim().split("\n") };
}

describe("the layout check", () => {
  it.each([
    "src/utils/clock.ts",
    "src/helpers.ts",
    "src/common/index.ts",
    "src/misc.svelte",
    "src/types.d.ts",
    "src/types.test.ts",
    "src/redis-utils.ts",
  ])("refuses %s for its name", (path) => {
    write(path);
    expect(layout()).toEqual({
      status: 1,
      faults: [expect.stringContaining("says nothing of what it holds")],
    });
  });

  it.each([
    { path: "src/Page.svelte", limit: 300 },
    { path: "lua/claim.lua", limit: 300 },
    { path: "test/page.css", limit: 500 },
  ])("lets $path have $limit lines and no more", ({ path, limit }) => {
    write(path, "-- a line\n".repeat(limit));
    expect(layout().status).toBe(0);
    write(path, "-- a line\n".repeat(limit + 1));
    expect(layout()).toEqual({ status: 1, faults: [expect.stringContaining(`at most ${limit}`)] });
  });

  it("looks at nothing that git ignores", () => {
    write(".gitignore", "dist/\n");
    write("dist/utils.js");
    write("src/file-types.ts");
    expect(layout().status).toBe(0);
  });
});
