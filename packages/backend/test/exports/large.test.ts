import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nameFile } from "./planted.js";
import { artist } from "./stage.js";
import { setYard, type Served, type Yard } from "./yard.js";

const MiB = 1024 * 1024;
const ALLOWED = 50 * MiB;

let yard: Yard;
let serving: Served;
beforeAll(async () => {
  yard = await setYard("folder");
  serving = await yard.serve();
});
afterAll(async () => {
  await yard[Symbol.asyncDispose]();
});

/** A track whose file takes no room on the disk. */
async function plantSparse(size: number): Promise<void> {
  const { id, key } = await yard.plant({ title: `Of ${String(size)} bytes` });
  await mkdir(join(yard.folder, "audio"), { recursive: true });
  await writeFile(join(yard.folder, key), "");
  await truncate(join(yard.folder, key), size);
  await nameFile(yard.db, id, key, size);
}

/** Exports all there is. @returns the most memory that the process ever had, in bytes, and the slowest answer, in ms */
async function exportAll(): Promise<{ peak: number; slowest: number }> {
  const id = await serving.begin();
  let slowest = 0;
  await until(
    "the export is done",
    async () => {
      const asked = performance.now();
      const { status } = await serving.state(id);
      slowest = Math.max(slowest, performance.now() - asked);
      return status === "done";
    },
    { within: 60_000 },
  );
  const status = await readFile(`/proc/${String(serving.program.pid)}/status`, "utf8");
  return { peak: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024, slowest };
}

test("an export of 1 GiB takes no more memory than one of 100 MiB, and requests are answered meanwhile", async () => {
  await plantSparse(60 * MiB);
  await plantSparse(40 * MiB);
  const { peak: before } = await exportAll();
  await plantSparse(600 * MiB);
  await plantSparse(324 * MiB);
  const { peak, slowest } = await exportAll();
  const grown = peak - before;
  console.log(
    `exporting 1 GiB: ${String(Math.round(grown / MiB))} MiB more than 100 MiB; ` +
      `the slowest answer meanwhile took ${String(Math.round(slowest))} ms`,
  );
  expect(grown).toBeLessThan(ALLOWED);
  expect(slowest).toBeLessThan(1_000);
}, 120_000);

test("an export that is under way keeps no other work waiting", async () => {
  const id = await serving.begin();
  await until("it is under way", async () => (await serving.state(id)).status === "running", { every: 5 });
  // Work of another kind: what an earlier export left is cleared away.
  const [earlier] = await yard.db
    .selectFrom("exports")
    .select("id")
    .where("did", "=", artist.did)
    .where("status", "=", "expired")
    .execute();
  await serving.remove(earlier?.id ?? "");
  await until("the other work is done", async () => {
    const left = await yard.db
      .selectFrom("exports")
      .select("id")
      .where("id", "=", earlier?.id ?? "")
      .execute();
    return left.length === 0;
  });
  expect((await serving.state(id)).status).toBe("running");
  await serving.remove(id);
}, 60_000);
