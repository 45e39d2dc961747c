import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { root } from "./checkout.js";

const report = z.object({
  machine: z.object({ versions: z.record(z.string(), z.string()) }),
  measurements: z.array(
    z.object({
      measurement: z.string(),
      figures: z.array(
        z.object({
          name: z.string(),
          median: z.number(),
          ok: z.boolean().optional(),
          note: z.string().optional(),
        }),
      ),
    }),
  ),
});

test("npm run bench has each engine run what it was given, and says what a waiting task takes", async () => {
  const args = ["--quick", "--json", "--only", "short-tasks,redis-bytes"];
  const bench = spawn(process.execPath, ["bench/main.ts", ...args], { cwd: root });
  onTestFinished(() => void bench.kill());
  const [out, trouble] = await Promise.all([text(bench.stdout), text(bench.stderr), once(bench, "exit")]);
  expect(bench.exitCode, trouble).toBe(0);
  const { machine, measurements } = report.parse(JSON.parse(out));
  expect(Object.keys(machine.versions)).toEqual(
    expect.arrayContaining([
      "docket",
      "redis",
      "postgres",
      "bullmq",
      "bee-queue",
      "pg-boss",
      "graphile-worker",
    ]),
  );
  expect(measurements.map(({ measurement }) => measurement)).toEqual(["short-tasks", "redis-bytes"]);
  const figures = new Map(measurements.flatMap((one) => one.figures.map((figure) => [figure.name, figure])));
  // A drain ends only when each task has run once.
  for (const engine of ["docket", "BullMQ", "bee-queue", "pg-boss", "graphile-worker"])
    expect(figures.get(`20 ms tasks at concurrency 10: ${engine}`)?.median).toBeGreaterThan(0);
  expect(figures.get("bytes in Redis for a waiting task: docket")).toMatchObject({ ok: true });
}, 60_000);
