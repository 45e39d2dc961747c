import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { judge, type Sample } from "./soak/verdict.js";

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

test("a quick soak measures worker, producer and Redis, and says of each whether it grows", () => {
  const loader = ["--import", path("chaos/engine.mjs")];
  const told = execFileSync(process.execPath, [...loader, path("soak/main.ts"), "--quick"], {
    encoding: "utf8",
  });
  for (const of of [
    "worker rss",
    "worker heap",
    "producer rss",
    "producer heap",
    "redis memory",
    "redis keys",
  ])
    expect(told).toMatch(new RegExp(`^${of}: .* allowed .*: (flat|GROWS)$`, "m"));
  const [, tasks] = /(\d+)\n(?:worker rss: )/.exec(told) ?? [];
  expect(Number(tasks), "tasks").toBeGreaterThan(100);
  expect(told).toContain("It works; a verdict needs minutes.");
}, 60_000);

const bound = { of: "heap", percent: 5, besides: 10 };
const samples = (value: (at: number) => number): Sample[] =>
  Array.from({ length: 40 }, (_, at) => ({ at: at / 2, values: { heap: value(at) } }));

test("what grows in the second half by more than its bound is said to grow, and nothing else", () => {
  expect(
    judge(
      samples(() => 1_000),
      bound,
    ),
  ).toMatchObject({ slope: 0, flat: true });
  expect(
    judge(
      samples((at) => 1_000 + at * 10),
      bound,
    ),
  ).toMatchObject({ slope: 20, flat: false });
  // Caches fill first.
  expect(
    judge(
      samples((at) => (at < 20 ? at * 100 : 2_000)),
      bound,
    ).flat,
  ).toBe(true);
  // It comes and goes.
  expect(
    judge(
      samples((at) => 1_000 + 100 * (at % 2)),
      bound,
    ).flat,
  ).toBe(true);
  expect(
    judge(
      samples((at) => 1_000 - at),
      bound,
    ).flat,
  ).toBe(true);
});
