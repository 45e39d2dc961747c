import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { docsFaults } from "../docs/check.ts";

const cited = "`packages/x/test/y.test.ts`";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plyr-docs-"));
  execFileSync("git", ["init", "--quiet"], { cwd: folder });
  write("package.json", JSON.stringify({ name: "root", scripts: { dev: "x", test: "x" } }));
  write("packages/x/package.json", JSON.stringify({ name: "@plyr/x", scripts: { bench: "x" } }));
  write(
    "packages/x/test/y.test.ts",
    [
      'describe("a like", () => {',
      '  it("reaches the PDS", () => {});',
      '  it.each([1, 2])("is \\"kept\\" %s times", () => {});',
      "  describe(`on ${store}`, () => { test.concurrent(`goes ${how}`, () => {}); });",
      "});",
      'describe("an empty group", () => {});',
    ].join("\n"),
  );
  write("README.md", "# x");
  write("ARCHITECTURE.md", `- **I1** A like arrives — test: ${cited} › "reaches the PDS"`);
  write("docs/the-page.md", table(`test: ${cited} › "a like" › "reaches the PDS"`));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, text: string) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function table(...rows: string[]) {
  return ["| the page | here |", "|---|---|", ...rows.map((row) => `| a claim | ${row} |`)].join("\n");
}

function faults() {
  return docsFaults(folder);
}

describe("the documents", () => {
  it("pass when all they name is there", () => {
    expect(faults()).toEqual([]);
  });

  it.each(["README.md", "ARCHITECTURE.md", "docs/the-page.md"])("must include %s", (file) => {
    rmSync(join(folder, file));
    expect(faults()).toContain(`${file}: is missing`);
  });
});

describe("an invariant", () => {
  it.each([
    { says: `test: ${cited} › "never written"`, fault: 'has no test "never written"' },
    { says: `test: ${cited} › "an empty group"`, fault: 'has no test "an empty group"' },
    {
      says: `test: ${cited} › "another group" › "reaches the PDS"`,
      fault: 'has no test "another group" › "reaches',
    },
    {
      says: 'test: `packages/x/test/gone.test.ts` › "reaches the PDS"',
      fault: "gone.test.ts does not exist",
    },
    { says: "and that is all", fault: "I1 names no test" },
    { says: `test: ${cited}`, fault: "I1 names no test" },
  ])("fails that says: $says", ({ says, fault }) => {
    write("ARCHITECTURE.md", `- **I1** A like arrives — ${says}`);
    expect(faults()).toContainEqual(expect.stringContaining(fault));
  });

  it.each([
    `${cited} › "a like"`,
    `${cited} › "is \\"kept\\" %s times"`,
    `${cited} › "on \${store}" › "goes \${how}"`,
    `${cited} › "reaches the PDS", ${cited} › "goes \${how}"`,
  ])("may cite %s", (citation) => {
    write("ARCHITECTURE.md", `| invariant | test |\n|---|---|\n| **I1** A like arrives | ${citation} |`);
    expect(faults()).toEqual([]);
  });

  it("fails when one of two files is cited without a title", () => {
    const second = "`packages/x/test/z.test.ts`";
    write("ARCHITECTURE.md", `- **I1** A like arrives — tests: ${cited} › "a like", ${second}`);
    expect(faults()).toEqual([expect.stringContaining("z.test.ts is named without a test")]);
  });

  it("has a number of its own, and they ascend", () => {
    const line = (number: number) => `- **I${number}** A like arrives — test: ${cited} › "a like"`;
    write("ARCHITECTURE.md", [line(1), line(3), line(3), line(2)].join("\n"));
    expect(faults()).toEqual(["ARCHITECTURE.md: I3 stands after I3", "ARCHITECTURE.md: I2 stands after I3"]);
  });

  it("must be there at all", () => {
    write("ARCHITECTURE.md", "# Nothing is promised");
    expect(faults()).toEqual([expect.stringContaining("no invariant found")]);
  });
});

describe("a row of the page", () => {
  it.each(["held by I1", `test: ${cited} › "a like"`])("may say: %s", (says) => {
    write("docs/the-page.md", table(says));
    expect(faults()).toEqual([]);
  });

  it.each([
    { says: "just so", fault: "names no test" },
    { says: "later: exports", fault: "names no test" },
    { says: "held by I2", fault: "there is no invariant I2" },
    { says: `test: ${cited} › "never written"`, fault: 'has no test "never written"' },
  ])("fails that says: $says", ({ says, fault }) => {
    write("docs/the-page.md", table("held by I1", says));
    expect(faults()).toEqual([expect.stringContaining(fault)]);
  });
});

describe("an incident", () => {
  const named = `${cited} › "holds (incident 1)"`;
  const rows = (...lines: string[]) => ["| # | what happened | test |", "|---|---|---|", ...lines].join("\n");

  beforeEach(() => {
    write(
      "packages/x/test/y.test.ts",
      'describe("a like", () => { it("reaches the PDS", () => {}); it("holds (incident 1)", () => {}); });',
    );
  });

  it("passes with a test that is named after it", () => {
    write("docs/incidents.md", rows(`| 1 | it broke | ${named} |`));
    expect(faults()).toEqual([]);
  });

  it.each([
    { row: `| 1 | it broke | ${cited} › "reaches the PDS" |`, fault: 'has "(incident 1)" in its title' },
    { row: "| 1 | it broke | none |", fault: 'has "(incident 1)" in its title' },
    { row: `| 2 | it broke | ${named} |`, fault: "stands where 1 is due" },
  ])("fails that says: $row", ({ row, fault }) => {
    write("docs/incidents.md", rows(row));
    expect(faults()).toEqual([expect.stringContaining(fault)]);
  });
});

describe("a link", () => {
  it.each([
    "[a](docs/the-page.md)",
    "[a](./packages/x)",
    "[a](docs/the-page.md#part)",
    "[a](#part)",
    "[a](https://a.b/c)",
  ])("may be %s", (link) => {
    write("README.md", link);
    expect(faults()).toEqual([]);
  });

  it.each([
    "[a](docs/gone.md)",
    "![a](docs/gone.png)",
    '<img src="docs/gone.png">',
    "[a](packages/x/dist/a.js)",
  ])("fails that leads nowhere: %s", (link) => {
    write(".gitignore", "dist/");
    write("packages/x/dist/a.js", "");
    write("README.md", link);
    expect(faults()).toEqual([expect.stringMatching(/^README\.md: links to .* does not exist$/)]);
  });

  it("is followed from the document's own folder", () => {
    write("docs/decisions/0001.md", "[a](../the-page.md) [b](the-page.md)");
    expect(faults()).toEqual(["docs/decisions/0001.md: links to the-page.md, which does not exist"]);
  });
});

describe("code", () => {
  const fenced = (info: string, ...lines: string[]) => ["```" + info, ...lines, "```"].join("\n");
  const from = "ts from packages/x/test/y.test.ts";

  it.each([
    fenced(from, 'describe("an empty group", () => {});'),
    fenced(from, 'it("reaches the PDS", () => {});', "…", 'describe("an empty group", () => {});'),
    fenced("text", "npm test"),
  ])("may be: %s", (text) => {
    write("README.md", text);
    expect(faults()).toEqual([]);
  });

  it.each([
    { text: fenced("ts", "a();"), fault: 'the code that begins "a();" says not where it is from' },
    { text: fenced(from, "a();"), fault: "does not stand like that in packages/x/test/y.test.ts" },
    { text: fenced(from, 'it("reaches the PDS"'), fault: "does not stand like that" },
    {
      text: fenced(from, 'describe("an empty group", () => {});', "…", 'it("reaches the PDS", () => {});'),
      fault: "does not stand like that",
    },
    { text: fenced("ts from gone.ts", "a();"), fault: "is from gone.ts, which does not exist" },
    { text: fenced("ts gone.ts", "a();"), fault: "says not where it is from" },
  ])("fails that is: $text", ({ text, fault }) => {
    write("README.md", text);
    expect(faults()).toEqual([expect.stringContaining(fault)]);
  });
});

describe("a line for the shell", () => {
  const fence = "```";
  const commands = (...rows: string[]) => ["| command | shown by |", "|---|---|", ...rows].join("\n");

  it("passes that a test runs, or that says why none does", () => {
    write("README.md", `${fence}sh\nnpm test # all of it\n# so much for that\nfly \\\n  deploy\n${fence}`);
    write(
      "docs/commands.md",
      commands(
        `| \`npm test\` | ${cited} › "a like" |`,
        "| `fly deploy` | not run: there is nothing to deploy to |",
      ),
    );
    expect(faults()).toEqual([]);
  });

  it.each([
    { row: "| `other` | not run: so |", fault: "README.md: `npm test` is not among docs/commands.md" },
    { row: "| `npm test` | it works |", fault: "docs/commands.md: `npm test` names no test" },
    { row: `| \`npm test\` | ${cited} › "never" |`, fault: "docs/commands.md: `npm test`: packages/x" },
  ])("fails where the list says: $row", ({ row, fault }) => {
    write("README.md", `${fence}sh\nnpm test\n${fence}`);
    write("docs/commands.md", commands(row));
    expect(faults()).toContainEqual(expect.stringContaining(fault));
  });
});

describe("a command", () => {
  it.each([
    "`npm run dev`",
    "`npm ci && npm test`",
    "`npm run bench -w @plyr/x`",
    "```text\nnpm run dev -- --reset\n```",
  ])("may be %s", (command) => {
    write("README.md", command);
    expect(faults()).toEqual([]);
  });

  it.each([
    "`npm run gone`",
    "`npm ci && npm start`",
    "`npm run dev -w @plyr/x`",
    "```text\nnpm run gone\n```",
  ])("fails whose script isn't there: %s", (command) => {
    write("README.md", command);
    expect(faults()).toEqual([expect.stringContaining("has no such script")]);
  });
});
