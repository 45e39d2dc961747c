import { until, type Visitor } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { command } from "../cli/commanding.js";
import { makeAudio } from "../tracks/audio.js";
import { setStage, type Stage } from "../promise/stage.js";
import { PAGE_QUERY } from "./page-query.js";

const accepted = z.object({ track: z.object({ id: z.number() }) });
const exported = z.object({ export_id: z.uuid(), status: z.string() });
const row = z.object({
  start_timestamp: z.string(),
  message: z.string(),
  span_name: z.string(),
  duration: z.number().nullable(),
});
const business = z.object({ span_name: z.string(), did: z.string().nullable() });

describe.each([{ embedded: true }, { embedded: false }])("%o", ({ embedded }) => {
  let stage: Stage;
  let browser: Visitor;
  let trackId: number;

  beforeAll(async () => {
    stage = await setStage({ embedded });
    const serving = await stage.serve("all", embedded ? null : undefined);
    browser = await stage.signIn(serving);
    const form = new FormData();
    form.set("title", "Mine");
    form.set("file", new Blob([await makeAudio("mp3")]), "mine.mp3");
    const answer = await fetch(`${serving.url}/tracks/`, {
      method: "POST",
      headers: { cookie: `plyr_session=${browser.cookie("plyr_session") ?? ""}` },
      body: form,
    });
    trackId = accepted.parse(await answer.json()).track.id;
  }, 90_000);
  afterAll(() => stage[Symbol.asyncDispose]());

  async function ask<T>(query: string, rows: z.ZodType<T>): Promise<T[]> {
    const env = { DATA_DIR: stage.dataDir, ...(stage.databaseUrl && { DATABASE_URL: stage.databaseUrl }) };
    const { stdout } = await command(env, "sql", query, "--json");
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => rows.parse(JSON.parse(line)));
  }

  test("the page's query, to the letter, finds the scan of a track uploaded a moment ago, with its duration", async () => {
    const found = await until(
      "the scan is there, with its duration",
      async () => {
        const rows = await ask(PAGE_QUERY, row);
        return rows.some(({ span_name, duration }) => span_name === "copyright scan" && duration) && rows;
      },
      { within: 30_000, every: 250 },
    );
    const handedOver = embedded
      ? "scheduled copyright scan in process"
      : "scheduled copyright scan via docket";
    expect(found.map(({ span_name }) => span_name)).toContain(handedOver);
    const times = found.map(({ start_timestamp }) => start_timestamp);
    expect(times).toEqual([...times].sort().reverse());
    // Not only by way of the command: the same words, sent to the database as they are.
    if (stage.db !== undefined) {
      const { rows } = await sql.raw(PAGE_QUERY).execute(stage.db);
      expect(rows.length).toBe(found.length);
    }
  }, 60_000);

  test("what becomes of a person's tracks and exports is recorded as their business", async () => {
    const { export_id: id } = exported.parse((await browser.post("/exports/media")).json());
    await until(
      "the export is done",
      async () => exported.parse((await browser.get(`/exports/${id}`)).json()).status === "done",
      { within: 20_000 },
    );
    await browser.send("DELETE", `/exports/${id}`);
    await browser.send("DELETE", `/tracks/${String(trackId)}`);
    const families = ["copyright scan", "media export", "media export clearing", "track withdrawal"];
    const found = await until(
      "all of it is recorded",
      async () => {
        const rows = await ask(
          "select span_name, did from records where kind in ('producer', 'consumer')",
          business,
        );
        const names = new Set(rows.map(({ span_name }) => span_name));
        return families.every((family) => names.has(family)) && rows;
      },
      { within: 30_000, every: 250 },
    );
    const theirs = found.filter(({ span_name }) => families.some((family) => span_name.includes(family)));
    // Each is handed over, and runs.
    expect(theirs.length).toBeGreaterThanOrEqual(families.length * 2);
    expect(new Set(theirs.map(({ did }) => did))).toEqual(new Set([stage.listener]));
  }, 60_000);
});
