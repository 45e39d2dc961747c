import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { parseCompose } from "../src/deployment/compose.js";
import { freePort, Program, until } from "../src/index.js";
import { askRedis } from "../src/redis/ask.js";
import { copyCheckout, root } from "./checkout.js";

const just = join(root, "node_modules/rust-just-linux-x64/bin/just");
const folder = mkdtempSync(join(tmpdir(), "plyr-just-"));
const parts: Program[] = [];

beforeAll(() => {
  copyCheckout(folder, { built: true });
});

afterAll(async () => {
  for (const part of parts.reverse()) await part.kill().then(() => part.close());
  rmSync(folder, { recursive: true, force: true });
});

const health = z.object({ status: z.string(), docket: z.object({ mode: z.string() }) });

function start(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv): Program {
  const program = new Program({ name, command, args, cwd: folder, env, orphanSignal: "TERM" });
  parts.push(program);
  return program;
}

test("every recipe is a thin name for an npm script", () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  const recipes = ["dev", "backend run", "worker run", "test", "check", "bench"];
  const names = recipes.map((recipe) => {
    // What a recipe would do is said where just itself speaks.
    const { stderr } = spawnSync(just, ["--dry-run", ...recipe.split(" ")], { cwd: root, encoding: "utf8" });
    return /^npm (?:run )?([\w:]+) -- ?\n$/.exec(stderr)?.[1] ?? stderr;
  });
  expect(names).toEqual(["dev", "backend:run", "worker:run", "test", "check", "bench"]);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(names));
  expect(scripts["dev"]).toBe("npm run build && node packages/dev/dist/bin/dev.js");
});

test("the page's two lines: Redis as compose.yaml starts it, and DOCKET_URL=redis://localhost:6379 just backend run", async () => {
  const { command = [] } =
    parseCompose(readFileSync(join(root, "compose.yaml"), "utf8")).services["redis"] ?? {};
  const [server = "", ...flags] = command;
  const redisPort = await freePort();
  // Only where it listens and keeps things is its own; a container has all of that for itself.
  const ownPlace = ["--port", String(redisPort), "--bind", "127.0.0.1", "--dir", folder];
  const redis = start("redis-server", server, [...flags, ...ownPlace], process.env);
  await redis.start();
  await until("Redis answers", async () => (await askRedis(redisPort, "PING")) === "+PONG");
  const setting = (name: string): Promise<string> =>
    askRedis(redisPort, `CONFIG GET ${name}`, (answer) => /\r\n([^\r$*]+)\r\n$/.exec(answer)?.[1]);
  expect(await setting("appendonly")).toBe("yes");
  expect(await setting("maxmemory-policy")).toBe("noeviction");

  const port = await freePort();
  const backend = start("just backend run", just, ["backend", "run"], {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    DOCKET_URL: `redis://localhost:${String(redisPort)}`,
    PORT: String(port),
  });
  await backend.start();
  const url = `http://127.0.0.1:${String(port)}`;
  const report = await Promise.race([
    until(
      "docket is connected",
      async () => {
        const told = health.parse(await (await fetch(`${url}/health`)).json());
        return told.docket.mode === "docket" && told;
      },
      { within: 90_000, every: 200 },
    ),
    backend.ended().then(() => Promise.reject(new Error(`it ended:\n${backend.output}`))),
  ]);
  expect(report.status).toBe("ok");
  expect((await fetch(url)).headers.get("content-type")).toContain("text/html");

  // As Ctrl-C does: everybody in the terminal's group gets it.
  const ended = backend.ended();
  process.kill(-backend.pid, "SIGINT");
  await ended;
  expect(backend.output).toMatch(/"msg":"stopping"[^]*"msg":"stopped"/);
}, 180_000);

test("just worker run is one more worker, and says what it shares with the others", async () => {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], DOCKET_URL: "redis://localhost:6379" };
  const worker = start("just worker run", just, ["worker", "run"], env);
  await worker.start();
  await worker.ended();
  expect(worker.exitCode).toBe(1);
  expect(worker.output).toContain('--role is "worker" but DATABASE_URL is not set');
}, 120_000);
