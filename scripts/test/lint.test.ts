import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

const root = join(import.meta.dirname, "../..");
const report = z.array(
  z.object({ filePath: z.string(), messages: z.array(z.object({ ruleId: z.string().nullable() })) }),
);

const line = "export {};\n";
const source = "packages/x/src/";
const test = "packages/x/test/";
const declareTests =
  'declare const it: { only: (title: string) => void; (title: string): void };\nit("x");\n';

const refused = [
  { rule: "@typescript-eslint/no-explicit-any", path: `${source}any.ts`, code: "export type A = any;" },
  {
    rule: "@typescript-eslint/no-non-null-assertion",
    path: `${source}bang.ts`,
    code: "export const a = (b?: { c: number }) => b!.c;",
  },
  {
    rule: "@typescript-eslint/no-unsafe-type-assertion",
    path: `${source}cast.ts`,
    code: "export const a = (b: unknown) => b as string;",
  },
  {
    rule: "@typescript-eslint/no-floating-promises",
    path: `${source}floating.ts`,
    code: "export function a(b: Promise<void>) {\n  b;\n}",
  },
  {
    rule: "@typescript-eslint/consistent-type-imports",
    path: `${source}type-import.ts`,
    code: 'import { A } from "./any.js";\nexport type B = A;',
  },
  {
    rule: "@typescript-eslint/ban-ts-comment",
    path: `${source}comment.ts`,
    code: "// @ts-ignore\nexport {};",
  },
  {
    rule: "@typescript-eslint/ban-ts-comment",
    path: `${source}expected.ts`,
    code: "// @ts-expect-error: it is so because I say so\nexport const a: string = 1;",
  },
  {
    rule: "@typescript-eslint/ban-ts-comment",
    path: `${test}undescribed.test.ts`,
    code: "// @ts-expect-error\nexport const a: string = 1;",
  },
  {
    rule: "no-console",
    path: `${source}console.ts`,
    code: "export const a = () => {\n  console.log(1);\n};",
  },
  { rule: "no-restricted-syntax", path: `${test}only.test.ts`, code: `${declareTests}it.only("y");` },
  {
    rule: "no-restricted-syntax",
    path: `${test}retry.test.ts`,
    code: 'declare const it: (title: string, options: object) => void;\nit("y", { retry: 3 });',
  },
  {
    rule: "no-restricted-syntax",
    path: `${test}context.test.ts`,
    code: "export const run = (context: { skip: () => void }) => {\n  context.skip();\n};",
  },
  {
    rule: "no-restricted-syntax",
    path: `${test}each.test.ts`,
    code: `declare const it: { concurrent: { skip: (title: string) => void } };\nit.concurrent.skip("y");`,
  },
  {
    rule: "no-restricted-syntax",
    path: `${source}state.ts`,
    code: "export let a = 1;\nexport const b = () => (a += 1);",
  },
  {
    rule: "no-restricted-syntax",
    path: `${source}map.ts`,
    code: "export const a = new Map<string, string>();",
  },
  {
    rule: "no-restricted-syntax",
    path: `${source}work.ts`,
    code: 'import { setTimeout } from "node:timers";\nsetTimeout(() => undefined, 1);',
  },
  { rule: "max-lines", path: `${source}long.ts`, code: line.repeat(301) },
  { rule: "max-lines", path: `${test}long.test.ts`, code: line.repeat(501) },
];

const accepted = [
  { path: `${source}long-enough.ts`, code: line.repeat(300) },
  { path: `${test}long-enough.test.ts`, code: line.repeat(500) },
  { path: `${source}table.ts`, code: 'export const a = new Map([["a", "b"]]);' },
  { path: `${source}bin/serve.ts`, code: 'console.log("at work");' },
  {
    path: `${test}typed.test.ts`,
    code: "// @ts-expect-error: a string is no number\nexport const a: number = 'a';",
  },
  { path: `${test}plain.test.ts`, code: declareTests },
];

let folder: string;
let found: Map<string, (string | null)[]>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plyr-lint-"));
  const options = { types: [], strict: true, module: "nodenext", target: "es2024" };
  const files = [
    ...[...refused, ...accepted],
    ...[source, test].map((path) => ({
      path: `${path}tsconfig.json`,
      code: JSON.stringify({ compilerOptions: options, include: ["."] }),
    })),
    { path: `${source}node.d.ts`, code: "declare const console: { log: (text: unknown) => void };" },
    {
      path: `${source}timers.d.ts`,
      code: 'declare module "node:timers" {\n  export function setTimeout(run: () => void, ms: number): void;\n}',
    },
  ];
  for (const { path, code } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  const { stdout } = spawnSync(
    join(root, "node_modules/.bin/eslint"),
    ["--config", join(root, "eslint.config.js"), "--format", "json", "packages/x/{src,test}/**/*.ts"],
    { cwd: folder, encoding: "utf8" },
  );
  found = new Map(
    report
      .parse(JSON.parse(stdout))
      .map(({ filePath, messages }) => [
        filePath.slice(folder.length + 1),
        messages.map(({ ruleId }) => ruleId),
      ]),
  );
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("lint", () => {
  it.each(refused)("refuses by $rule what is in $path", ({ rule, path }) => {
    expect(found.get(path)).toContain(rule);
  });

  it.each(accepted)("accepts what is in $path", ({ path }) => {
    expect(found.get(path)).toEqual([]);
  });
});
