import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { Operator } from "../../src/cli/operator.js";
import { overSocket } from "../../src/cli/socket-request.js";
import { bareApp } from "../../src/http/bare-app.js";
import type { Listener } from "../../src/http/listen.js";
import { Problem } from "../../src/http/problem.js";
import { answerLines } from "../../src/operator/lines.js";
import { listenOnSocket, whyNoSocket } from "../../src/operator/socket.js";
import { openLog } from "../../src/telemetry/log.js";

let folder: string;
let socket: string;
let listener: Listener;
const logged: string[] = [];
let sent = 0;
let stopped = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plyr-lines-"));
  socket = join(folder, "operator", "operator.sock");
  const log = openLog("error", { write: (line) => logged.push(line) });
  const app = bareApp(log);
  app.post("/operator/three", (c) => answerLines(c, log, () => upTo(3)));
  app.post("/operator/refused", (c) =>
    answerLines(c, log, () => upTo(2, new Problem(409, "busy", "not now"))),
  );
  app.post("/operator/broken", (c) => answerLines(c, log, () => upTo(1, new Error("password: 12345"))));
  app.post("/operator/endless", (c) => answerLines(c, log, (signal) => endless(signal)));
  listener = await listenOnSocket(app, socket);
});
afterAll(async () => {
  await listener.stop();
  await rm(folder, { recursive: true, force: true });
});

async function* upTo(count: number, error?: Error): AsyncGenerator<number> {
  for (let number = 1; number <= count; number++) yield await Promise.resolve(number);
  if (error !== undefined) throw error;
}

async function* endless(signal: AbortSignal): AsyncGenerator<string> {
  signal.addEventListener("abort", () => {
    stopped = true;
  });
  while (!signal.aborted) {
    sent += 1;
    yield await Promise.resolve("x".repeat(10_000));
  }
}

async function read(path: string): Promise<{ lines: number[]; error: unknown }> {
  const lines: number[] = [];
  try {
    for await (const line of new Operator(overSocket(socket)).lines(path, {}, z.int())) lines.push(line);
    return { lines, error: null };
  } catch (error) {
    return { lines, error };
  }
}

test("the lines of an answer come in order, and it ends when they do", async () => {
  expect(await read("/three")).toEqual({ lines: [1, 2, 3], error: null });
});

test("an answer that fails in the middle says why to who may know, and is not taken for a whole one", async () => {
  const refused = await read("/refused");
  expect(refused).toMatchObject({ lines: [1, 2], error: { name: "Refused", message: "not now" } });

  const broken = await read("/broken");
  expect(broken).toMatchObject({ lines: [1], error: { name: "Refused" } });
  expect(String(broken.error)).toMatch(/The log has it as request [\w-]+/);
  expect(String(broken.error)).not.toContain("12345");
  expect(logged.some((line) => line.includes("request failed"))).toBe(true);
});

test("whoever stops reading stops the work, and nothing is made faster than it is read", async () => {
  const asking = request({ socketPath: socket, path: "/operator/endless", method: "POST", agent: false });
  asking.on("error", () => undefined);
  asking.end("{}");
  await once(asking, "response");
  let before = -1;
  await until(
    "what isn't read holds up the source",
    () => {
      const held = sent === before;
      before = sent;
      return held;
    },
    { every: 200 },
  );
  asking.destroy();
  await until("the source was told", () => stopped);
});

test("an answer that is cut off is not taken for a whole one", async () => {
  const cut = new Operator(() => Promise.resolve(new Response('{"line":1}\n')));
  const lines: number[] = [];
  const reading = async (): Promise<void> => {
    for await (const line of cut.lines("/", {}, z.int())) lines.push(line);
  };
  await expect(reading()).rejects.toThrow("was cut off in the middle");
  expect(lines).toEqual([1]);
});

test("a socket's path that is too long is said to be, with what to do", () => {
  expect(whyNoSocket(join("/", "x".repeat(102)))).toBeNull();
  expect(whyNoSocket(join("/", "x".repeat(103)))).toContain("Choose a shorter DATA_DIR");
});
