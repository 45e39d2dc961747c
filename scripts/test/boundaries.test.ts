import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import config from "../../.dependency-cruiser.mjs";

const root = join(import.meta.dirname, "../..");
const report = z.object({
  summary: z.object({
    violations: z.array(
      z.object({
        from: z.string(),
        rule: z.object({ name: z.string() }),
        cycle: z.array(z.object({ name: z.string() })).default([]),
      }),
    ),
  }),
});

/** A small project in the shape of ours, by path: what each file imports. Nothing in it is wrong. */
const sound = {
  "packages/docket/src/index.ts": ["./worker.js", "ioredis"],
  "packages/docket/src/worker.ts": [],
  "packages/docket/test/worker.test.ts": ["../src/worker.js", "vitest"],
  "packages/docket/dist/index.js": [],
  "packages/docket/dist/testing/index.js": [],
  "packages/backend/src/index.ts": ["./service.js"],
  "packages/backend/src/service.ts": ["./http/routes.js", "./tasks/write.js", "@plyr/docket"],
  "packages/backend/src/http/routes.ts": ["../likes/like.js"],
  "packages/backend/src/likes/like.ts": ["../records/record.js"],
  "packages/backend/src/records/record.ts": ["../outbox/intents.js"],
  "packages/backend/src/outbox/intents.ts": ["@plyr/docket"],
  "packages/backend/src/tasks/write.ts": ["../records/record.js", "@plyr/docket"],
  "packages/backend/src/bin/serve.ts": ["../service.js"],
  "packages/backend/test/like.test.ts": [
    "../src/likes/like.js",
    "@plyr/dev",
    "@plyr/docket/testing",
    "vitest",
  ],
  "packages/backend/dist/index.js": [],
  "packages/dev/src/index.ts": ["@plyr/backend", "@plyr/docket"],
  "packages/dev/dist/index.js": [],
  "packages/web/src/main.ts": ["./Page.svelte", "svelte"],
  "packages/web/src/Page.svelte": ["./heart.js"],
  "packages/web/src/heart.ts": [],
  "packages/web/dist/index.js": [],
  "scripts/check.ts": [],
  "bench/main.ts": ["./measure.ts"],
  "bench/measure.ts": ["@plyr/docket", "vitest"],
};

/** One fault each, in a file of its own. */
const faults: { rule: string; from: string; imports: string[] }[] = [
  { rule: "no-cycles", from: "packages/docket/src/worker.ts", imports: ["./index.js"] },
  { rule: "no-orphans", from: "packages/docket/src/alone.ts", imports: [] },
  { rule: "no-orphans", from: "packages/docket/test/alone.ts", imports: [] },
  { rule: "no-dead-source", from: "packages/docket/src/dead.ts", imports: ["./worker.js"] },
  { rule: "no-unresolvable", from: "packages/docket/test/a.test.ts", imports: ["../src/gone.js"] },
  {
    rule: "no-unresolvable",
    from: "packages/backend/test/deep.test.ts",
    imports: ["@plyr/docket/dist/worker.js"],
  },
  { rule: "no-undeclared-dependency", from: "packages/docket/src/bin/a.ts", imports: ["undeclared"] },
  { rule: "no-test-code-in-source", from: "packages/docket/src/bin/b.ts", imports: ["vitest"] },
  { rule: "no-source-to-test", from: "packages/docket/src/bin/c.ts", imports: ["../../test/worker.test.js"] },
  {
    rule: "other-packages-by-name",
    from: "packages/dev/src/bin/d.ts",
    imports: ["../../../docket/src/worker.js"],
  },
  { rule: "docket-loads-no-command-line", from: "packages/docket/src/loads.ts", imports: ["./bin/a.js"] },
  {
    rule: "docket-needs-no-telemetry",
    from: "packages/docket/src/bin/e.ts",
    imports: ["@opentelemetry/api"],
  },
  { rule: "docket-knows-no-service", from: "packages/docket/test/b.test.ts", imports: ["@plyr/backend"] },
  { rule: "backend-knows-only-docket", from: "packages/backend/src/bin/a.ts", imports: ["@plyr/dev"] },
  {
    rule: "backend-knows-only-docket",
    from: "packages/backend/src/bin/b.ts",
    imports: ["@plyr/docket/testing"],
  },
  { rule: "backend-tests-know-no-pages", from: "packages/backend/test/b.test.ts", imports: ["@plyr/web"] },
  { rule: "web-knows-only-http", from: "packages/web/test/a.test.ts", imports: ["@plyr/backend"] },
  { rule: "dev-knows-no-pages", from: "packages/dev/src/bin/a.ts", imports: ["@plyr/web"] },
  { rule: "http-is-outermost", from: "packages/backend/src/likes/a.ts", imports: ["../http/routes.js"] },
  { rule: "http-is-outermost", from: "packages/backend/src/records/a.ts", imports: ["../http/routes.js"] },
  {
    rule: "outbox-knows-no-music",
    from: "packages/backend/src/outbox/a.ts",
    imports: ["../records/record.js"],
  },
  { rule: "tasks-know-no-likes", from: "packages/backend/src/tasks/a.ts", imports: ["../likes/like.js"] },
  {
    rule: "service-is-the-composition-root",
    from: "packages/backend/src/auth/a.ts",
    imports: ["../service.js"],
  },
  { rule: "bin-is-only-run", from: "packages/backend/test/c.test.ts", imports: ["../src/bin/serve.js"] },
  { rule: "bench-by-name", from: "bench/a.ts", imports: ["../packages/docket/src/worker.js"] },
  {
    rule: "bench-is-only-run",
    from: "packages/docket/src/bin/d.ts",
    imports: ["../../../../bench/measure.ts"],
  },
  { rule: "no-undeclared-dependency", from: "bench/b.ts", imports: ["undeclared"] },
  { rule: "scripts-stand-alone", from: "scripts/a.ts", imports: ["../packages/docket/dist/index.js"] },
];

let folder: string;

function write(path: string, text: string) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function importing(...names: string[]) {
  return [...names.map((name) => `import "${name}";`), "export {};"].join("\n");
}

function writePackage(name: string, content: object) {
  write(
    `packages/${name}/package.json`,
    JSON.stringify({ name: `@plyr/${name}`, type: "module", ...content }),
  );
  mkdirSync(join(folder, "node_modules/@plyr"), { recursive: true });
  symlinkSync(join(folder, "packages", name), join(folder, "node_modules/@plyr", name));
}

function writeProject() {
  const exports = { ".": "./dist/index.js" };
  write("package.json", JSON.stringify({ name: "x", devDependencies: { vitest: "1" } }));
  writePackage("docket", {
    exports: { ...exports, "./testing": "./dist/testing/index.js" },
    dependencies: { ioredis: "1" },
  });
  writePackage("backend", {
    exports,
    dependencies: { "@plyr/docket": "1" },
    devDependencies: { "@plyr/dev": "1" },
  });
  writePackage("dev", { exports, dependencies: { "@plyr/docket": "1", "@plyr/backend": "1" } });
  writePackage("web", { exports, devDependencies: { svelte: "1" } });
  // The real one: a compiled component imports its insides.
  symlinkSync(join(root, "node_modules/svelte"), join(folder, "node_modules/svelte"));
  for (const name of ["ioredis", "vitest", "undeclared", "@opentelemetry/api"]) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
    write(`node_modules/${name}/index.js`, "");
  }
  for (const [path, imports] of Object.entries(sound)) {
    const module = importing(...imports);
    write(
      path,
      path.endsWith(".svelte") ? `<script lang="ts">${module.replace("export {};", "")}</script>` : module,
    );
  }
}

function boundaryFaults() {
  const { stdout, stderr } = spawnSync(
    join(root, "node_modules/.bin/depcruise"),
    [
      "--config",
      join(root, ".dependency-cruiser.mjs"),
      "--output-type",
      "json",
      "packages",
      "scripts",
      "bench",
    ],
    { cwd: folder, encoding: "utf8" },
  );
  expect(stderr).toBe("");
  const { violations } = report.parse(JSON.parse(stdout)).summary;
  // A cycle is reported once, from any of its files.
  return violations.flatMap(({ from, rule, cycle }) =>
    [from, ...cycle.map(({ name }) => name)].map((file) => `${rule.name} ${file}`),
  );
}

let ofSoundProject: string[];
let ofFaultyProject: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plyr-boundaries-"));
  writeProject();
  ofSoundProject = boundaryFaults();
  for (const { from, imports } of faults) write(from, importing(...imports));
  ofFaultyProject = boundaryFaults();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("the boundaries", () => {
  it("let a sound project pass", () => {
    expect(ofSoundProject).toEqual([]);
  });

  it.each(faults)("refuse by $rule that $from imports $imports", ({ rule, from }) => {
    expect(ofFaultyProject).toContain(`${rule} ${from}`);
  });

  it("have no rule that isn't tried here", () => {
    const tried = new Set(faults.map((fault) => fault.rule));
    expect(config.forbidden?.map(({ name = "" }) => name).filter((name) => !tried.has(name))).toEqual([]);
  });
});
