import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plyr-closing-line-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function run(...tests: string[]) {
  writeFileSync(join(folder, "a.test.ts"), ['import { it } from "vitest";', ...tests].join("\n"));
  const { status, stdout } = spawnSync(
    join(root, "node_modules/.bin/vitest"),
    ["run", "--reporter=default", `--reporter=${join(root, "scripts/closing-line.ts")}`, "--root", folder],
    // Not inherited: the outer run's variables would make this one a part of it.
    { cwd: folder, encoding: "utf8", env: { PATH: process.env["PATH"] } },
  );
  return { status, last: stdout.trim().split("\n").at(-1) };
}

const passing = 'it("a", () => {});';
const failing = 'it("b", () => { throw new Error("b"); });';

describe("the closing line of a test run", () => {
  it("counts what passed", () => {
    expect(run(passing)).toEqual({ status: 0, last: "1 passed, 0 failed" });
  });

  it("counts what failed", () => {
    expect(run(passing, failing)).toEqual({ status: 1, last: "1 passed, 1 failed" });
  });

  it("counts a test that was skipped at run time", () => {
    expect(run(passing, 'it("c", { skip: true }, () => {});').last).toBe("1 passed, 0 failed, 1 skipped");
  });

  it("counts a file that can't be loaded as failed", () => {
    expect(run('throw new Error("no test here");')).toEqual({ status: 1, last: "0 passed, 1 failed" });
  });

  it("counts an error outside of any test as failed", () => {
    const stray = 'it("d", () => { void Promise.reject(new Error("stray")); });';
    expect(run(stray)).toEqual({ status: 1, last: "1 passed, 1 failed" });
  });

  it("shows a failure when there is no test at all", () => {
    expect(run()).toEqual({ status: 1, last: "0 passed, 1 failed" });
  });
});
