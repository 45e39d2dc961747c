import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { z } from "zod";

const run = promisify(execFile);
const home = join(import.meta.dirname, "../..");
const repository = join(home, "../..");
const readme = readFileSync(join(home, "README.md"), "utf8");
const { dependencies } = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(home, "package.json"), "utf8")));

let folder: string;
let project: string;
let archive: string;

/** An empty project that has the packed engine, what that says it depends on, and a schema library of its own choice. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "docket-install-"));
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: home,
  });
  const [packed] = z.array(z.object({ filename: z.string() })).parse(JSON.parse(stdout));
  archive = join(folder, packed?.filename ?? "");
  project = join(folder, "project");
  const installed = join(project, "node_modules/@plyr/docket");
  mkdirSync(installed, { recursive: true });
  await run("tar", ["xzf", archive, "-C", installed, "--strip-components=1"]);
  for (const name of [...Object.keys(dependencies), "zod", "@types/node"]) link(name);
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(project, "hello.ts"), hello());
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function link(name: string): void {
  const place = [home, repository].map((root) => join(root, "node_modules", name)).find(existsSync);
  if (place === undefined) throw new Error(`${name} isn't installed`);
  mkdirSync(dirname(join(project, "node_modules", name)), { recursive: true });
  symlinkSync(place, join(project, "node_modules", name));
}

/** The first program that the README shows. */
function hello(): string {
  const code = /^```ts [^\n]*\n(.*?)^```/ms.exec(readme)?.[1];
  if (code === undefined) throw new Error("the README shows no program");
  return code;
}

test("the package is what was built, its scripts for Redis, and what it says of itself; nothing else", async () => {
  const { stdout } = await run("tar", ["tzf", archive]);
  const files = stdout
    .trimEnd()
    .split("\n")
    .map((file) => file.replace(/^package\//, ""));
  const built = files.filter((file) => /^dist\/[\w/-]+(\.js|\.d\.ts)$|^lua\/[\w/-]+\.lua$/.test(file));
  expect(built).toContain("dist/index.js");
  expect(files.filter((file) => !built.includes(file)).toSorted()).toEqual([
    "LICENSE",
    "README.md",
    "package.json",
  ]);
  expect(readFileSync(join(home, "LICENSE"), "utf8")).toBe(readFileSync(join(repository, "LICENSE"), "utf8"));
});

test("the README's first program has 15 lines at most, and greets: in memory, and on Redis", async () => {
  const lines = hello()
    .split("\n")
    .filter((line) => line !== "");
  expect(lines.length).toBeLessThanOrEqual(15);
  const env = { PATH: process.env["PATH"] };
  for (const where of [{}, { DOCKET_URL: inject("redisUrl") }]) {
    const { stdout } = await run(process.execPath, ["hello.ts"], { cwd: project, env: { ...env, ...where } });
    expect(stdout).toBe("Hello, world!\n");
  }
});

test("its command line is there as package.json says", async () => {
  const installed = join(project, "node_modules/@plyr/docket");
  const { bin } = z
    .object({ bin: z.object({ docket: z.string() }) })
    .parse(JSON.parse(readFileSync(join(installed, "package.json"), "utf8")));
  const program = join(installed, bin.docket);
  expect(readFileSync(program, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  const { stdout } = await run(process.execPath, [program, "strikes"], {
    env: { DOCKET_URL: inject("redisUrl"), DOCKET_NAME: "installed" },
  });
  expect(stdout).toBe("Nothing is struck.\n");
});

test("each of its exports comes with types", async () => {
  link("@opentelemetry/api");
  const exports = z
    .object({ exports: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(join(home, "package.json"), "utf8"))).exports;
  const imports = Object.keys(exports).map(
    (path, at) =>
      `import * as part${String(at)} from "@plyr/docket${path.slice(1)}";\nconsole.log(part${String(at)});`,
  );
  writeFileSync(join(project, "all.ts"), imports.join("\n"));
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--skipLibCheck"];
  const how = ["--noEmit", "--module", "nodenext", "--target", "es2024", "--types", "node"];
  const tsc = join(repository, "node_modules/typescript/bin/tsc");
  // What it finds wrong it prints to its standard output, and ends with 2.
  const found = await run(process.execPath, [tsc, ...strict, ...how, "hello.ts", "all.ts"], {
    cwd: project,
  }).then(
    ({ stdout }) => stdout,
    (error: unknown) => z.object({ stdout: z.string() }).parse(error).stdout,
  );
  expect(found).toBe("");
  const { stdout } = await run(process.execPath, ["all.ts"], { cwd: project });
  expect(stdout).toContain("Docket");
});
