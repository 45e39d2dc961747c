import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { givenUp, owed } from "../src/chaos/audit.js";
import { Chance } from "../src/chaos/chance.js";
import { familiesOf, HABITS, live } from "../src/chaos/living.js";
import { readRepositories } from "../src/chaos/repositories.js";
import { openRows, type Rows } from "../src/chaos/rows.js";
import { scanFaults } from "../src/chaos/scans.js";
import { sum } from "../src/chaos/tally.js";
import { until } from "../src/index.js";
import type { Container } from "./production/container.js";
import { NAMESPACE, openSite, type Site } from "./production/site.js";
import { filesOf } from "./production/tree.js";

const run = promisify(execFile);

let site: Site;
let api: Container;
let worker: Container;

/** An operator's command, from the tree and with the settings of the service. */
async function plyr(...args: string[]): Promise<string> {
  const { folder, programs } = site.tree;
  const program = join(folder, "packages/backend/dist/bin/plyr.js");
  const { stdout } = await run(join(programs, "node"), [program, ...args], {
    env: { PATH: process.env["PATH"], ...site.env },
  });
  return stdout;
}

beforeAll(async () => {
  const checkout = join(import.meta.dirname, "../../backend/dist/bin/plyr.js");
  const { stdout: keys } = await run(process.execPath, [checkout, "oauth-key", "--json"]);
  site = await openSite({
    SESSION_KEY: Buffer.alloc(32, 9).toString("base64"),
    OAUTH_KEYS: keys.trim(),
    DOCKET_WORKER_SLEEP: "5s",
  });
  expect(await plyr("migrate")).toContain("Done:");
  [api, worker] = [await site.serve("api"), await site.serve("worker")];
}, 240_000);

afterAll(async () => {
  await site[Symbol.asyncDispose]();
});

test("the image holds what runs, and nothing to build, test or develop with", () => {
  const { folder } = site.tree;
  const files = filesOf(folder);
  const paths = files.map(({ path }) => path);
  const megabytes = (under: string): string =>
    (
      files.reduce((bytes, file) => bytes + (file.path.startsWith(under) ? file.bytes : 0), 0) / 1_000_000
    ).toFixed(0);
  console.info(
    `the image's tree: ${megabytes("")} MB in ${String(files.length)} files, ${megabytes("node_modules/")} MB of it packages`,
  );

  const { devDependencies } = z
    .object({ devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  const ownPackages = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(folder, "packages/backend/package.json"), "utf8")));
  // What the service needs too, or what it needs brings along, isn't there for development; of @types no file is left.
  const needed = new Set([...Object.keys(ownPackages.dependencies), "ioredis", "prettier"]);
  const installed = new Set(paths.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]));
  const superfluous = Object.keys(devDependencies).filter(
    (name) => installed.has(name) && !needed.has(name) && !name.startsWith("@types/"),
  );
  expect(superfluous).toEqual([]);
  expect(paths.filter((path) => /^packages\/(dev|[^/]+\/(src|test))\//.test(path))).toEqual([]);
  expect([...installed].filter((name) => name === "@atproto/pds" || name === "s3rver")).toEqual([]);
  expect(paths.filter((path) => /\.(ts|map|env)$/.test(path))).toEqual([]);
  expect(paths).toContain("packages/web/dist/index.html");
});

test("its processes run as nobody in particular, are found healthy by its own check, and end in order when asked to", async () => {
  const spare = await site.serve("worker");
  for (const container of [api, worker, spare]) {
    expect(container.uid()).not.toBe(0);
    expect(await container.isHealthy()).toBe(true);
  }
  await spare.program.stop();
  expect(spare.program.exitCode).toBe(0);
  expect(spare.program.output).toMatch(/"msg":"stopping"[^]*"msg":"stopped"/);
  expect(await spare.isHealthy()).toBe(false);
});

/** How long people use it while one part after the other is replaced; milliseconds. */
const LENGTH = 12_000;
/** What the promise allows, once everything is there again. */
const PROMISED = 120_000;

/** Waits until nothing is on its way any more. @returns what the audit finds then */
async function quiet(rows: Rows): Promise<string> {
  let left: string[] = [];
  let audited = "";
  const isQuiet = async (): Promise<boolean> => {
    left = await owed(rows);
    if (left.length > 0) return false;
    audited = await plyr("audit", "--json");
    left = audited.split("\n").filter((line) => line.includes('"on its way"'));
    return left.length === 0;
  };
  await until("nothing is on its way", isQuiet, { within: PROMISED, every: 1_000 }).catch(
    (error: unknown) => {
      throw new Error(`still on their way: ${left.slice(0, 5).join("; ")}`, { cause: error });
    },
  );
  return audited;
}

test("people use all of it while one part after the other is replaced: nothing that was accepted is lost", async () => {
  const actors = [await site.enter("anna"), await site.enter("bela")];
  const families = familiesOf();
  const { tracks, plays } = families;
  for (const actor of actors) {
    await plays.enrol(actor);
    await tracks.upload(actor);
    await tracks.upload(actor);
  }

  const replaceParts = async (): Promise<void> => {
    const [formerApi, formerWorker] = [api, worker];
    // The new one is ready before the old one is asked to end, as in a rolling deployment.
    api = await site.serve("api");
    await formerApi.program.stop();
    worker = await site.serve("worker");
    await formerWorker.program.stop();
    expect([formerApi.program.exitCode, formerWorker.program.exitCode]).toEqual([0, 0]);
    for (const part of [site.redis, site.bucket, site.pds, site.postgres]) await part.restart();
  };
  await Promise.all([
    replaceParts(),
    ...actors.map((actor, number) =>
      live(actor, families, new Chance(5, `person ${String(number)}`), LENGTH, HABITS),
    ),
  ]);
  for (const actor of actors) await actor.signIn();

  await using rows = await openRows(site.databaseUrl);
  const audited = await quiet(rows);
  const told = sum(actors.flatMap(({ tallies }) => [...tallies.values()]));
  const repositories = await readRepositories({ pds: site.pds, namespace: NAMESPACE }, actors);
  const faults = [...(await scanFaults(rows)), ...(await givenUp(rows))];
  for (const family of Object.values(families))
    faults.push(...(await family.faults({ repositories, actors })));
  console.info(
    `production's shape: ${String(told.accepted)} requests accepted, ${String(told.unknown)} without an answer; ` +
      `at most ${String(api.peakMemory())} MiB for the api, ${String(worker.peakMemory())} MiB for the worker`,
  );
  expect(faults).toEqual([]);
  expect(audited).toBe("");
  const kinds = new Set(actors.flatMap(({ tallies }) => [...tallies.keys()]));
  expect([...kinds]).toEqual(expect.arrayContaining(Object.keys(HABITS)));
  expect(told.accepted).toBeGreaterThan(20);
}, 240_000);

test("and nothing of it was said in the log, nor refused by Redis", () => {
  const log = site.log();
  const secrets = [site.env["SESSION_KEY"], site.env["DOCKET_URL"], site.env["DATABASE_URL"], '"d":"'];
  for (const secret of secrets) expect(log).not.toContain(secret);
  expect(log.split("\n").filter((line) => line.includes("NOPERM"))).toEqual([]);
});
