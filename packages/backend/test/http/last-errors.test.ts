import { until, xrpc } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { teal } from "../../src/records/collections.js";
import { setPlaysStage, type PlaysStage } from "../plays/stage.js";
import { scanned } from "../scans/stage.js";
import { makeAudio } from "../tracks/audio.js";

let stage: PlaysStage;
let audio: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  stage = await setPlaysStage();
  audio = await makeAudio("mp3", 1);
}, 60_000);
afterEach(() => {
  stage.gate.clear();
});
afterAll(() => stage[Symbol.asyncDispose]());

const exported = z.object({ export_id: z.uuid(), status: z.string(), reason: z.string().nullable() });
/** What nobody has foreseen; the words in brackets are for whoever is asked about it. */
const UNFORESEEN = /^Something went wrong here; trying again\. \(.* violates check constraint "broken"\)$/;
const IN_TROUBLE = /^Your PDS is in trouble \(it answered 503\)\. Trying again at \d\d:\d\d:\d\d UTC\.$/;

/** Has every write of such a row fail, until it is undone. */
async function breakTable(table: string, rows: string): Promise<AsyncDisposable> {
  const altered = sql.table(table);
  await sql`alter table ${altered} add constraint broken check (not (${sql.raw(rows)})) not valid`.execute(
    stage.db,
  );
  return {
    [Symbol.asyncDispose]: async () => {
      await sql`alter table ${altered} drop constraint broken`.execute(stage.db);
    },
  };
}

test("why a scan is tried again stands beside it, and in what its artist is told", async () => {
  const broken = await breakTable("copyright_scans", "state = 'clear'");
  const { trackId } = await stage.upload(stage.artist, audio, { title: "To be scanned" });
  const troubled = await scanned(stage.artist, trackId, ({ reason }) => reason !== null);
  expect(troubled).toMatchObject({
    state: "pending",
    at: null,
    reason: expect.stringMatching(UNFORESEEN) as unknown,
  });
  await broken[Symbol.asyncDispose]();
  expect((await scanned(stage.artist, trackId)).reason).not.toMatch(UNFORESEEN);
});

test("why an export is tried again stands beside it, and in what its owner is told", async () => {
  const { browser } = stage.artist;
  await stage.publish("To be exported");
  const broken = await breakTable("exports", "status = 'done'");
  const { export_id: id } = exported.parse((await browser.post("/exports/media")).json());
  const reaches = (what: string, is: (now: z.infer<typeof exported>) => boolean) =>
    until(
      what,
      async () => {
        const now = exported.parse((await browser.get(`/exports/${id}`)).json());
        return is(now) && now;
      },
      { within: 30_000 },
    );
  const troubled = await reaches("it says why", ({ reason }) => reason !== null);
  expect(troubled.reason).toMatch(UNFORESEEN);
  await broken[Symbol.asyncDispose]();
  expect((await reaches("it is done", ({ status }) => status === "done")).reason).toBeNull();
}, 60_000);

test("why an upload waits stands beside it, and in what its artist is told", async () => {
  const away = stage.gate.answer(xrpc("com.atproto.repo.putRecord"), { status: 503, body: "oops" });
  const { uploadId } = await stage.upload(stage.artist, audio, { title: "On its way" });
  const waiting = await until("it says why", async () => {
    const now = await stage.progress(stage.artist, uploadId);
    return now.reason !== null && now;
  });
  expect(waiting).toMatchObject({
    reason: expect.stringMatching(IN_TROUBLE) as unknown,
    write: { state: "waiting", reason: waiting.reason },
  });
  expect(away.caught).toBeGreaterThan(0);
  stage.gate.clear();
  expect(await stage.reaches(stage.artist, uploadId, "done")).toMatchObject({
    reason: null,
    write: { state: "confirmed", reason: null },
  });
});

test("why a scrobble waits stands beside it, and in what its listener is told", async () => {
  const { listener } = stage;
  await stage.optIn(listener);
  const track = await stage.publish("Heard");
  const put = xrpc("com.atproto.repo.putRecord");
  stage.gate.answer((request) => put(request) && request.body.includes(`"${teal.play}"`), {
    status: 503,
    body: "oops",
  });
  const { play } = await stage.start(listener.browser, track);
  await stage.heard(listener.browser, play.id);
  const reaches = (state: string) =>
    until(
      `the scrobble is ${state}`,
      async () => {
        const [newest] = await stage.scrobbles(listener);
        return newest?.write.state === state && newest.write;
      },
      { within: 20_000 },
    );
  expect((await reaches("waiting")).reason).toMatch(IN_TROUBLE);
  stage.gate.clear();
  expect((await reaches("confirmed")).reason).toBeNull();
});
