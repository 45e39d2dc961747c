import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { marked, type Tokens } from "marked";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../src/network/ports.js";
import { startService, type Service } from "../src/world/service.js";
import { until } from "../src/waiting/until.js";

const root = join(import.meta.dirname, "../../..");
const run = promisify(execFile);

/** A code block, and what the words behind its fence say. */
interface Block {
  readonly kind: string;
  /** Of the file that it is, or changes. */
  readonly path: string;
  readonly text: string;
}

let copy: string;
let env: Record<string, string>;
let service: Service | undefined;

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), "plyr-tutorial-"));
  for (const name of ["package.json", "tsconfig.base.json"]) cpSync(join(root, name), join(copy, name));
  for (const name of ["docket", "backend"])
    cpSync(join(root, "packages", name), join(copy, "packages", name), { recursive: true, filter: isOurs });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  symlinkSync(join(root, "packages/backend/node_modules"), join(copy, "packages/backend/node_modules"));
  const port = String(await freePort());
  env = {
    ...{ PLYR_ENV: "development", PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` },
    ...{ DATA_DIR: join(copy, "data"), WEB_DIR: copy },
  };
});
afterAll(async () => {
  await service?.stop();
  rmSync(copy, { recursive: true, force: true });
});

function isOurs(path: string): boolean {
  return !/\/(node_modules|test)$/.test(path);
}

test("the tutorial, as it is written", async () => {
  let output = "";
  let again: (() => Promise<string>) | undefined;
  let letter = "";
  for (const { kind, path, text } of blocksOf(join(root, "docs/tutorial.md"))) {
    if (kind === "ts") writeFileSync(join(copy, path), text);
    else if (kind === "diff") change(join(copy, path), text);
    else if (kind === "text") {
      const shows = asPattern(text);
      output = await until(
        `the output is ${text}`,
        async () => {
          output = (await again?.()) ?? output;
          return shows.test(output) && output;
        },
        { within: 30_000, every: 500 },
      );
      letter = /^\s*([0-9a-f-]{36})\b/m.exec(output)?.[1] ?? letter;
    } else if (text === "npm run dev") {
      await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", "packages/backend"], {
        cwd: copy,
      });
      service = await startService({
        ...{ env, url: env["PUBLIC_URL"] ?? "", logFile: join(copy, "log") },
        program: join(copy, "packages/backend/dist/bin/serve.js"),
        onTrouble: () => undefined,
      });
    } else {
      const command = text.replace(" ID ", ` ${letter} `);
      const type = async (): Promise<string> => {
        const { stdout, stderr } = await run("sh", ["-c", `${command} 2>&1 || true`], {
          ...{ cwd: copy, env: { ...process.env, ...env } },
        });
        return stripVTControlCharacters(stdout + stderr);
      };
      output = await type();
      // What only asks may be asked again, until it has happened.
      again = /-- (sql|dead list) /.test(command) ? type : undefined;
    }
  }
  expect(output).toContain("Nothing was given up.");
  expect(readFileSync(join(copy, "log"), "utf8")).toContain("hello, Somebody");
}, 120_000);

function blocksOf(file: string): Block[] {
  return marked
    .lexer(readFileSync(file, "utf8"))
    .filter((token): token is Tokens.Code => token.type === "code")
    .map(({ lang = "", text }) => {
      const [kind = "", path = ""] = lang.split(" ");
      return { kind, path, text };
    });
}

/** Applies the lines of a patch that has no line numbers: what it is about is there once. */
function change(file: string, patch: string): void {
  const lines = patch.split("\n");
  const without = (sign: string) =>
    lines.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1));
  const before = readFileSync(file, "utf8");
  const [old, changed] = [without("+").join("\n"), without("-").join("\n")];
  expect(before.split(old)).toHaveLength(2);
  writeFileSync(
    file,
    before.replace(old, () => changed),
  );
}

/** "…" stands for anything. */
function asPattern(text: string): RegExp {
  return new RegExp(
    text
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("[^]*"),
  );
}
