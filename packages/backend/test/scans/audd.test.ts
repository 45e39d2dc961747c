import { startAudd, until, type Audd, type AuddSong } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { setStage, type Stage } from "../tracks/stage.js";
import { makeAudio } from "../tracks/audio.js";
import { operate, scanned, scanOf, type Operating } from "./stage.js";

const TOKEN = "token-that-nobody-may-see";
const DAILY_CALLS = 30;

let audd: Audd;
let stage: Stage;
let operator: Operating;
beforeAll(async () => {
  audd = await startAudd();
  const env = { AUDD_TOKEN: TOKEN, AUDD_URL: audd.url, AUDD_DAILY_CALLS: String(DAILY_CALLS) };
  stage = await setStage("bucket", env);
  operator = await operate(stage);
}, 90_000);
afterEach(() => {
  audd.clear();
});
afterAll(async () => {
  await operator[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
  await audd[Symbol.asyncDispose]();
});

let made = 0;
/** Uploads audio that nobody has uploaded before. */
async function upload(person = stage.artist): Promise<number> {
  made += 1;
  return (await stage.upload(person, await makeAudio("mp3", 2, { title: `tone ${String(made)}` }))).trackId;
}

const song = (at: number, artist = "Somebody Famous", title = "A Hit"): AuddSong => ({ artist, title, at });

async function callsOf(trackId: number) {
  return stage.db
    .selectFrom("audd_calls")
    .innerJoin("copyright_scans", "copyright_scans.content_id", "audd_calls.content_id")
    .select(["audd_calls.state", "audd_calls.response"])
    .where("track_id", "=", trackId)
    .orderBy("audd_calls.id")
    .execute();
}

async function scanIdOf(trackId: number): Promise<number> {
  const { id } = await stage.db
    .selectFrom("copyright_scans")
    .select("id")
    .where("track_id", "=", trackId)
    .executeTakeFirstOrThrow();
  return id;
}

test("AuDD is told where to fetch the audio, and what it finds is judged and kept as it came", async () => {
  audd.script({ kind: "songs", songs: [song(0), song(12), song(24, "Another", "Other")] });
  const trackId = await upload();
  const scan = await scanned(stage.artist, trackId);
  expect(scan).toMatchObject({
    state: "flagged",
    reason: "“A Hit” by Somebody Famous is 67 % of what AuDD found in it.",
    compared: { scanner: "AuDD" },
  });
  expect(scan.matches[0]).toEqual({
    ...{ source: "audd", title: "A Hit", artist: "Somebody Famous", id: null, ownName: false, same: true },
    errorRate: null,
    stretches: [
      { at: 0.5, from: 30, length: 11 },
      { at: 12.5, from: 30, length: 11 },
    ],
  });
  expect(audd.calls).toMatchObject([
    { token: TOKEN, accurateOffsets: "1", fetched: { status: 200 }, billed: true },
  ]);
  expect(audd.calls[0]?.url).toContain("X-Amz-Signature");
  expect(await callsOf(trackId)).toMatchObject([{ state: "answered", response: { status: "success" } }]);
});

test("what AuDD finds nothing in is clear", async () => {
  expect(await scanned(stage.artist, await upload())).toMatchObject({ state: "clear", reason: null });
});

test("songs by the uploader's own name are to be looked at", async () => {
  audd.script({ kind: "songs", songs: [song(0, "ARTIST.test"), song(12, "The Artist-Test Band")] });
  expect(await scanned(stage.artist, await upload())).toMatchObject({ state: "review" });
});

describe("a passing trouble is waited out, and billed once in the end", () => {
  test.each([
    { trouble: "429", turn: { kind: "status", status: 429, headers: { "retry-after": "1" } } },
    { trouble: "503", turn: { kind: "status", status: 503 } },
    {
      trouble: "its own error for a used-up account",
      turn: { kind: "error", code: 902, message: "no more" },
    },
  ] as const)("$trouble", async ({ turn }) => {
    audd.script(turn, { kind: "songs", songs: [] });
    const trackId = await upload();
    await scanned(stage.artist, trackId, ({ state, at }) => state === "clear" && at !== null);
    expect(audd.calls).toHaveLength(2);
    expect(audd.billed()).toBe(1);
    expect((await callsOf(trackId)).map(({ state }) => state)).toEqual(["not billed", "answered"]);
  });
});

test("audio that AuDD can't make sense of is failed, with AuDD's words", async () => {
  audd.script({ kind: "error", code: 300, message: "fingerprinting failed" });
  expect(await scanned(stage.artist, await upload())).toMatchObject({
    state: "failed",
    reason: "AuDD refuses it: fingerprinting failed (error 300).",
  });
});

describe("a call whose answer is lost is not made again blindly", () => {
  test.each(["before the answer", "in the answer"] as const)("cut %s", async (when) => {
    audd.script({ kind: "lost", when });
    const trackId = await upload();
    const scan = await scanned(stage.artist, trackId);
    expect(scan).toMatchObject({ state: "review", matches: [] });
    expect(scan.reason).toMatch(/its answer never came\. It may have billed the call/);
    expect(audd.billed()).toBe(1);

    // Asked for once more without the operator's leave, as by another artist with the same file: still not asked.
    await stage.db
      .updateTable("copyright_scans")
      .set({ settled_at: null, state: "pending" })
      .where("track_id", "=", trackId)
      .execute();
    await stage.db
      .insertInto("intents")
      .values({ task: "copyright.scan", payload: JSON.stringify({ trackId }), subject: "copyright.scan" })
      .execute();
    expect(await scanned(stage.artist, trackId)).toMatchObject({ state: "review" });
    expect(audd.calls).toHaveLength(1);

    await operator.decisions.again(await scanIdOf(trackId));
    await scanned(stage.artist, trackId, ({ state, at }) => state === "clear" && at !== null);
    expect(audd.billed()).toBe(2);
  });

  test("an answer that is not understood is kept, and looked at by a person", async () => {
    audd.script({ kind: "nonsense" });
    const trackId = await upload();
    expect(await scanned(stage.artist, trackId)).toMatchObject({ state: "review" });
    expect(await callsOf(trackId)).toMatchObject([
      { state: "answered", response: { unreadable: "<html>welcome</html>" } },
    ]);
  });
});

test("one content is billed once, whoever uploads it and however often it is scanned", async () => {
  audd.script({ kind: "songs", songs: [song(0)] });
  const tone = await makeAudio("mp3", 2, { title: "the same for both" });
  const first = await stage.upload(stage.artist, tone);
  expect(await scanned(stage.artist, first.trackId)).toMatchObject({ state: "flagged" });
  const second = await stage.upload(stage.listener, tone);
  expect(await scanned(stage.listener, second.trackId)).toMatchObject({ state: "flagged" });
  await operator.decisions.again(await scanIdOf(first.trackId));
  await scanned(stage.artist, first.trackId, ({ at }) => at !== null);
  expect(audd.calls).toHaveLength(1);
});

test("nobody but its artist sees a track's scan", async () => {
  const trackId = await upload();
  await until("scan", async () => (await scanOf(stage.artist, trackId)) !== null);
  expect(await scanOf(stage.listener, trackId)).toBeNull();
});

test("when the day's calls are used up, scans wait for the next day", async () => {
  const fill = await scanned(stage.artist, await upload()).then(() =>
    stage.db.selectFrom("audio_contents").select("id").orderBy("id", "desc").executeTakeFirstOrThrow(),
  );
  const { made: soFar } = await stage.db
    .selectFrom("audd_calls")
    .select((from) => from.fn.countAll<string>().as("made"))
    .where("state", "<>", "not billed")
    .executeTakeFirstOrThrow();
  await stage.db
    .insertInto("audd_calls")
    .values(
      Array.from({ length: DAILY_CALLS - Number(soFar) }, () => ({
        content_id: fill.id,
        state: "let go" as const,
      })),
    )
    .execute();
  audd.clear();
  const trackId = await upload();
  const scan = await scanned(stage.artist, trackId, ({ reason }) => reason !== null);
  expect(scan).toMatchObject({
    state: "pending",
    reason: `The ${String(DAILY_CALLS)} calls to AuDD that are allowed a day are used up. Going on tomorrow by itself.`,
  });
  expect(audd.calls).toEqual([]);
});

test("the token and the address with its signature are nowhere but in what AuDD is sent", async () => {
  const rows = await Promise.all(
    (["copyright_scans", "audd_calls", "notices", "intents", "uploads"] as const).map((table) =>
      stage.db.selectFrom(table).selectAll().execute(),
    ),
  );
  const everything = JSON.stringify(rows) + stage.service.log.join("");
  expect(everything).not.toContain(TOKEN);
  expect(everything).not.toContain("X-Amz-Signature");
});
