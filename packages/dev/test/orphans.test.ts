import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { isFree, until } from "../src/index.js";

const started = z.object({ pids: z.array(z.int()), ports: z.array(z.int()) });

test("nothing outlives a process that was killed: no server, running or paused, no browser, no folder", async () => {
  const temp = mkdtempSync(join(tmpdir(), "plyr-orphans-"));
  // PostgreSQL, as another user when we are root, has to get in.
  chmodSync(temp, 0o755);
  onTestFinished(() => {
    rmSync(temp, { recursive: true, force: true });
  });
  const parent = spawn(process.execPath, [join(import.meta.dirname, "dying-parent.ts")], {
    env: { ...process.env, TMPDIR: temp },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    parent.kill("SIGKILL");
  });

  const ended = once(parent, "exit").then(() => ["it ended by itself"]);
  const said = await Promise.race([once(createInterface(parent.stdout), "line"), ended]);
  const [line] = z.tuple([z.string()]).parse(said);
  const { pids, ports } = started.parse(JSON.parse(line));
  expect(readdirSync(temp).length).toBeGreaterThanOrEqual(5);
  expect(pids.every(isAlive)).toBe(true);
  expect(await Promise.all(ports.map(isFree))).not.toContain(true);

  parent.kill("SIGKILL");

  await until("the processes are gone", () => !pids.some(isAlive), { within: 15_000 });
  await until("the ports are free", async () => !(await Promise.all(ports.map(isFree))).includes(false));
  await until("the folders are gone", () => readdirSync(temp).length === 0, { within: 15_000 });
}, 60_000);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
