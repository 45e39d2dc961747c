import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { freePort, isFree, until, Visitor } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "plyr-world-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const tracks = z.object({
  tracks: z.array(
    z.object({ id: z.int(), title: z.string(), like: z.object({ liked: z.boolean() }).nullable() }),
  ),
});
const likeState = z.object({ write: z.object({ state: z.string(), uri: z.string() }) });

interface Running {
  process: ChildProcess;
  url: string;
  pds: string;
  handle: string;
  password: string;
}

async function startDev(): Promise<Running> {
  const dev = spawn(process.execPath, [join(import.meta.dirname, "../dist/bin/dev.js"), "--folder", folder], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void dev.kill("SIGKILL"));
  let output = "";
  for (const stream of [dev.stdout, dev.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const told = (pattern: RegExp): string => {
    const [, found] = pattern.exec(output) ?? [];
    if (found === undefined) throw new Error(`npm run dev said nothing like ${String(pattern)}:\n${output}`);
    return found;
  };
  const ended = once(dev, "exit").then(() => "ended");
  await Promise.race([
    ended,
    until("npm run dev has told everything", () => told(/(Ctrl-C)/), { within: 90_000 }),
  ]);
  return {
    process: dev,
    url: told(/plyr is at +(\S+)/),
    pds: told(/PDS +(http\S+)/),
    handle: told(/sign in as +(\S+)/),
    password: told(/password +(\S+)/),
  };
}

async function stopDev({ process: dev }: Running): Promise<void> {
  const exited = once(dev, "exit");
  dev.kill("SIGINT");
  expect(await exited).toEqual([0, null]);
}

test("npm run dev: sign in, like, and find the like on the PDS; stop; all of it is there again", async () => {
  const ports = {
    pds: await freePort(),
    plc: await freePort(),
    redis: await freePort(),
    service: await freePort(),
  };
  writeFileSync(join(folder, "ports.json"), JSON.stringify(ports));

  const first = await startDev();
  const visitor = new Visitor(first.url);
  expect((await visitor.signIn(first)).status).toBe(302);
  const { tracks: listed } = tracks.parse((await visitor.get("/tracks")).json());
  expect(listed.length).toBeGreaterThanOrEqual(3);
  const [track] = listed;
  const path = `/tracks/${String(track?.id)}/like`;
  expect((await visitor.post(path)).status).toBe(200);
  const uri = await until("the like is on the PDS", async () => {
    const { write } = likeState.parse((await visitor.get(path)).json());
    return write.state === "confirmed" && write.uri;
  });
  expect(await onPds(first.pds, uri)).toBe(200);

  await stopDev(first);
  for (const port of Object.values(ports)) expect(await isFree(port), `port ${String(port)}`).toBe(true);

  const second = await startDev();
  expect(second).toMatchObject({
    url: first.url,
    pds: first.pds,
    handle: first.handle,
    password: first.password,
  });
  const again = await visitor.get("/tracks");
  expect(tracks.parse(again.json()).tracks.map(({ like }) => like?.liked)).toEqual(
    listed.map(({ id }) => id === track?.id),
  );
  expect(await onPds(second.pds, uri)).toBe(200);
  await stopDev(second);
}, 240_000);

async function onPds(pds: string, uri: string): Promise<number> {
  const [, , repo = "", collection = "", rkey = ""] = uri.split("/");
  const query = new URLSearchParams({ repo, collection, rkey });
  return (await fetch(`${pds}/xrpc/com.atproto.repo.getRecord?${query.toString()}`)).status;
}
