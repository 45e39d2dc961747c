import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { isFree } from "../src/index.js";
import { openHome } from "../src/world/home.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plyr-home-"));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
});

async function occupy(port: number): Promise<Server> {
  const server = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return server;
}

test("a world keeps its ports; what is taken gives way, but not the PDS, which its accounts name", async () => {
  const { ports } = await openHome(folder, { reset: false });
  expect(new Set(Object.values(ports)).size).toBe(4);
  expect((await openHome(folder, { reset: false })).ports).toEqual(ports);

  await occupy(ports.service);
  const moved = await openHome(folder, { reset: false });
  expect(moved.ports).toEqual({ ...ports, service: moved.ports.service });
  expect(moved.ports.service).not.toBe(ports.service);
  expect(await isFree(moved.ports.service)).toBe(true);

  await occupy(ports.pds);
  await expect(openHome(folder, { reset: false })).rejects.toThrow(`Port ${String(ports.pds)} is taken`);
  const elsewhere = await openHome(folder, { reset: true });
  expect(elsewhere.ports.pds).not.toBe(ports.pds);
});

test("a reset forgets everything, and only a reset", async () => {
  const { data } = await openHome(folder, { reset: false });
  writeFileSync(data, "what people did");
  await openHome(folder, { reset: false });
  expect(existsSync(data)).toBe(true);
  await openHome(folder, { reset: true });
  expect(existsSync(data)).toBe(false);
});
