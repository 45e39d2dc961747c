import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { makeClientKey } from "../../src/auth/client-keys.js";
import { isSettingName, type SettingName } from "../../src/settings/setting-names.js";
import { sections } from "../../src/settings/purposes.js";
import { parseSettings } from "../../src/settings/settings.js";
import { variables } from "../../src/settings/variables.js";
import { command } from "./commanding.js";

const root = join(import.meta.dirname, "../../../..");
const KEY = Buffer.alloc(32, 7).toString("base64");

const production = {
  PUBLIC_URL: "https://plyr.example",
  SESSION_KEY: KEY,
  OAUTH_KEYS: JSON.stringify({ keys: [makeClientKey()] }),
  DATABASE_URL: "postgres://plyr:hunter2@db.internal/plyr",
  DOCKET_URL: "rediss://default:hunter2@host.upstash.io:6379",
  S3_BUCKET: "tracks",
  S3_ENDPOINT: "https://account.r2.cloudflarestorage.com",
  S3_ACCESS_KEY_ID: "hunter2-id",
  S3_SECRET_ACCESS_KEY: "hunter2-secret",
  ADMIN_DIDS: "did:plc:abc",
};

const inspection = z.object({
  settings: z.array(z.object({ name: z.string(), from: z.string(), value: z.string().nullable() })),
  wrong: z.array(z.string()),
  missing: z.array(z.string()),
  unusual: z.array(z.string()),
});

async function check(env: Record<string, string>, ...argv: string[]) {
  const { code, stdout } = await command(env, "config", "check", "--json", ...argv);
  return { code, ...inspection.parse(JSON.parse(stdout)) };
}

describe(".env.example", () => {
  test("is what the settings' schema makes of it: `npm run plyr -- config example > .env.example`", async () => {
    const { code, stdout } = await command({}, "config", "example");
    expect(code).toBe(0);
    expect(await readFile(join(root, ".env.example"), "utf8")).toBe(stdout);
  });

  test("names every variable once, with the default that holds", async () => {
    const names = sections.flatMap(({ purposes }) => Object.keys(purposes));
    expect(names.toSorted()).toEqual(Object.keys(variables).toSorted());
    const text = await readFile(join(root, ".env.example"), "utf8");
    const written = Object.fromEntries(
      text.split("\n").flatMap((line) => {
        const [, name, value] = /^#([A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
        return name === undefined ? [] : [[name, value ?? ""]];
      }),
    );
    expect(Object.keys(written)).toEqual(names);
    const bare = { SESSION_KEY: KEY };
    expect(parseSettings({ ...written, ...bare })).toEqual(parseSettings(bare));
  });
});

describe("config check", () => {
  test("says what is set and where from, and ends with 0 when nothing is missing", async () => {
    const found = await check(production);
    expect(found).toMatchObject({ code: 0, wrong: [], missing: [], unusual: [] });
    const of = (name: SettingName) => found.settings.find((each) => each.name === name);
    expect(of("PUBLIC_URL")).toEqual({
      name: "PUBLIC_URL",
      from: "environment",
      value: "https://plyr.example",
    });
    expect(of("DOCKET_WORKER_SLEEP")).toEqual({
      name: "DOCKET_WORKER_SLEEP",
      from: "default",
      value: "125s",
    });
    expect(of("AUDD_TOKEN")).toEqual({ name: "AUDD_TOKEN", from: "unset", value: null });
    expect(found.settings.map(({ name }) => name).filter(isSettingName)).toHaveLength(
      Object.keys(variables).length,
    );
  });

  test("shows no secret, to people or programs, right or wrong", async () => {
    const wrong = {
      ...production,
      DATABASE_URL: "mysql://plyr:hunter2@db/x",
      DOCKET_URL: "redis://x:hunter2@h",
    };
    for (const env of [production, wrong]) {
      for (const form of [[], ["--json"]]) {
        const { stdout, stderr } = await command(env, "config", "check", ...form);
        expect(stdout).toContain("DATABASE_URL");
        expect(stdout + stderr).not.toMatch(/hunter2/);
        expect(stdout + stderr).not.toContain(KEY);
      }
    }
  });

  test("names all that production lacks at once, each once, and ends with 1", async () => {
    const { code, wrong, missing } = await check({});
    expect(code).toBe(1);
    expect(wrong.map((each) => each.split(" ")[0])).toEqual(["SESSION_KEY"]);
    expect(missing.map((each) => each.split(" ")[0])).toEqual([
      "PUBLIC_URL",
      "OAUTH_KEYS",
      "DATABASE_URL",
      "DOCKET_URL",
      "S3_BUCKET",
    ]);
    const development = await check({ ...production, PLYR_ENV: "development", SESSION_KEY: "" });
    expect(development.missing.map((each) => each.split(" ")[0])).toEqual(["PLYR_ENV", "SESSION_KEY"]);
    // A worker answers no browser.
    const worker = await check({ ...production, PUBLIC_URL: "" }, "--role", "worker");
    expect([worker.code, worker.missing]).toEqual([0, []]);
  });

  test("names what would be ignored, and a Redis that anybody on the way can read", async () => {
    const misspelt = await check({ ...production, DOCKET_CONCURRENCY: "20" });
    expect([misspelt.code, misspelt.unusual]).toEqual([
      0,
      ["DOCKET_CONCURRENCY is set, and is no setting of this service"],
    ]);
    const open = async (url: string) => (await check({ ...production, DOCKET_URL: url })).unusual.length;
    expect(await open("redis://default:x@host.upstash.io:6379")).toBe(1);
    expect(await open("redis://default:x@plyr-redis.internal:6379")).toBe(0);
    expect(await open("redis://localhost:6379")).toBe(0);
  });
});

test("config keys makes keys that the settings take, others each time", async () => {
  const keys = z.object({ SESSION_KEY: z.string(), METRICS_TOKEN: z.string() });
  const made = async () => keys.parse(JSON.parse((await command({}, "config", "keys", "--json")).stdout));
  const [one, other] = [await made(), await made()];
  const { sessionKeys, monitoring } = parseSettings({ ...one });
  expect([sessionKeys[0]?.length, monitoring.metricsToken]).toEqual([32, one.METRICS_TOKEN]);
  expect(one.SESSION_KEY).not.toBe(other.SESSION_KEY);
  expect(one.METRICS_TOKEN).not.toBe(other.METRICS_TOKEN);
});
