import { sql } from "kysely";
import { expect, test } from "vitest";
import { z } from "zod";
import { command } from "../cli/commanding.js";
import { makeAudio } from "../tracks/audio.js";
import { setStage } from "../promise/stage.js";
import { PAGE_QUERY } from "./page-query.js";

const accepted = z.object({ track: z.object({ id: z.number() }) });
const row = z.object({
  start_timestamp: z.string(),
  message: z.string(),
  span_name: z.string(),
  duration: z.number().nullable(),
});

test.each([{ embedded: true }, { embedded: false }])(
  "the page's query, to the letter, finds the scan of a track uploaded a moment ago, with its duration (%o)",
  async ({ embedded }) => {
    await using stage = await setStage({ embedded });
    const serving = await stage.serve("all", embedded ? null : undefined);
    const browser = await stage.signIn(serving);
    const form = new FormData();
    form.set("title", "Mine");
    form.set("file", new Blob([await makeAudio("mp3")]), "mine.mp3");
    const answer = await fetch(`${serving.url}/tracks/`, {
      method: "POST",
      headers: { cookie: `plyr_session=${browser.cookie("plyr_session") ?? ""}` },
      body: form,
    });
    accepted.parse(await answer.json());

    const env = { DATA_DIR: stage.dataDir, ...(stage.databaseUrl && { DATABASE_URL: stage.databaseUrl }) };
    const ask = async () => {
      const { stdout } = await command(env, "sql", PAGE_QUERY, "--json");
      return stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => row.parse(JSON.parse(line)));
    };
    await expect
      .poll(async () => (await ask()).map(({ span_name }) => span_name), { timeout: 30_000, interval: 250 })
      .toContain("copyright scan");
    await expect
      .poll(async () => (await ask()).find(({ span_name }) => span_name === "copyright scan")?.duration, {
        timeout: 30_000,
        interval: 250,
      })
      .toBeGreaterThan(0);
    const found = await ask();
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
  },
  120_000,
);
