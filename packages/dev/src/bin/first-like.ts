#!/usr/bin/env node
// From a clone of what is committed, and an npm that has nothing yet, to a like on a PDS: how long each step takes, and
// what is installed for it. `npm run first-like`
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { z } from "zod";
import { freePort } from "../network/ports.js";
import { Visitor } from "../sign-in/visitor.js";
import { until } from "../waiting/until.js";

/** What the page promises, in seconds. */
const AT_MOST = 300;
const LARGEST = 12;

const folder = mkdtempSync(join(tmpdir(), "plyr-first-like-"));
const clone = join(folder, "plyr");
const env = {
  ...process.env,
  // As on a machine that has Node and npm, and nothing of this project.
  PATH: (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((place) => !place.includes("node_modules"))
    .join(delimiter),
  npm_config_cache: join(folder, "cache"),
};

const steps: { step: string; seconds: number }[] = [];
async function timed<T>(step: string, work: () => T | Promise<T>): Promise<T> {
  const begun = performance.now();
  const outcome = await work();
  const seconds = (performance.now() - begun) / 1_000;
  steps.push({ step, seconds });
  console.log(`${seconds.toFixed(1).padStart(7)} s  ${step}`);
  return outcome;
}

async function measure(): Promise<void> {
  await timed("git clone", () => {
    execFileSync("git", ["clone", "--quiet", "--no-hardlinks", process.cwd(), clone], { stdio: "inherit" });
  });
  await timed("npm ci", () => {
    execFileSync("npm", ["ci"], { cwd: clone, env, stdio: ["ignore", "ignore", "inherit"] });
  });

  // Its own ports: a world that runs here already keeps the usual ones.
  const [pds, plc, redis, service] = [await freePort(), await freePort(), await freePort(), await freePort()];
  mkdirSync(join(clone, ".plyr/dev"), { recursive: true });
  writeFileSync(join(clone, ".plyr/dev/ports.json"), JSON.stringify({ pds, plc, redis, service }));
  const dev = spawn("npm", ["run", "dev"], {
    cwd: clone,
    env,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  let said = "";
  dev.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  try {
    await timed("npm run dev, until it says where it is", () =>
      until("it has said everything", () => said.includes("Ctrl-C stops"), { within: 280_000 }),
    );
    const told = (pattern: RegExp): string => pattern.exec(said)?.[1] ?? "";
    const visitor = new Visitor(told(/plyr is at +(\S+)/));
    await timed("sign-in at the PDS", () =>
      visitor.signIn({ handle: told(/sign in as +(\S+)/), password: told(/password +(\S+)/) }),
    );
    await timed("a like, until it is on the PDS", () => like(visitor));
  } finally {
    if (dev.pid !== undefined && dev.exitCode === null) {
      const ended = new Promise((resolve) => dev.once("exit", resolve));
      process.kill(-dev.pid, "SIGINT");
      await ended;
    }
  }
}

const listed = z.object({ tracks: z.array(z.object({ id: z.int() })).min(1) });
const state = z.object({ write: z.object({ state: z.string() }) });

async function like(visitor: Visitor): Promise<void> {
  const { tracks } = listed.parse((await visitor.get("/tracks")).json());
  const path = `/tracks/${String(tracks[0]?.id)}/like`;
  await visitor.post(path);
  await until(
    "the like is on the PDS",
    async () => state.parse((await visitor.get(path)).json()).write.state === "confirmed",
  );
}

function tellOfPackages(): void {
  const seen = new Set<number>();
  const packages = packagesIn(join(clone, "node_modules")).map((path) => ({
    name: path.slice(clone.length + "/node_modules/".length),
    megabytes: sizeOf(path, seen) / 1_000_000,
  }));
  const all = packages.reduce((sum, { megabytes }) => sum + megabytes, 0);
  const lockfile = readFileSync(join(clone, "node_modules/.package-lock.json"), "utf8");
  const { packages: locked } = z
    .object({ packages: z.record(z.string(), z.object({ link: z.boolean().optional() })) })
    .parse(JSON.parse(lockfile));
  const count = Object.values(locked).filter(({ link }) => link !== true).length;
  console.log(`\n${String(count)} packages, ${all.toFixed(0)} MB. The largest:`);
  const largest = packages.toSorted((one, other) => other.megabytes - one.megabytes).slice(0, LARGEST);
  for (const { name, megabytes } of largest) console.log(`${megabytes.toFixed(0).padStart(7)} MB ${name}`);
}

function packagesIn(modules: string): string[] {
  return readdirSync(modules).flatMap((name) =>
    name.startsWith("@")
      ? readdirSync(join(modules, name)).map((each) => join(modules, name, each))
      : [join(modules, name)],
  );
}

/** Of files that no earlier one is another name of: npm links Node's binary into two places. */
function sizeOf(folder: string, seen: Set<number>): number {
  if (!statSync(folder).isDirectory()) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)))
    .filter(({ ino }) => !seen.has(ino) && seen.add(ino))
    .reduce((bytes, { size }) => bytes + size, 0);
}

try {
  await measure();
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(`${total.toFixed(1).padStart(7)} s  in all, of ${String(AT_MOST)} at most`);
  tellOfPackages();
  process.exitCode = total <= AT_MOST ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
