import { request } from "node:http";
import { until } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import { Reaper } from "../../src/tracks/reaper.js";
import { makeAudio } from "./audio.js";
import { setStage, type Stage } from "./stage.js";

describe.each(["folder", "bucket"] as const)("audio in a %s", (kind) => {
  let stage: Stage;
  let tone: Buffer<ArrayBuffer>;
  let url: string;
  beforeAll(async () => {
    stage = await setStage(kind);
    tone = await makeAudio("mp3", 4);
    const { trackId } = await stage.upload(stage.artist, tone);
    url = `${stage.service.url}/tracks/${String(trackId)}/audio`;
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test.each([
    ["bytes=0-1", 0, 1],
    ["bytes=1000-1999", 1_000, 1_999],
    ["bytes=1000-", 1_000, undefined],
    ["bytes=-500", -500, undefined],
    ["bytes=5-99999999", 5, undefined],
  ] as const)("a player that jumps gets the part it asks for: %s", async (range, from, to) => {
    const answer = await fetch(url, { headers: { range } });
    const start = from < 0 ? tone.length + from : from;
    const end = to ?? tone.length - 1;
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-range")).toBe(
      `bytes ${String(start)}-${String(end)}/${String(tone.length)}`,
    );
    expect(Buffer.from(await answer.arrayBuffer()).equals(tone.subarray(start, end + 1))).toBe(true);
  });

  test.each(["bytes=99999999-", "bytes=-0"])("a part that isn't there is 416: %s", async (range) => {
    const answer = await fetch(url, { headers: { range } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe(`bytes */${String(tone.length)}`);
  });

  test.each(["bytes=5-1", "bytes=a-b", "bytes=0-1,4-5", "lines=0-1", "bytes=-"])(
    "a range that means nothing here gets all of it: %s",
    async (range) => {
      const answer = await fetch(url, { headers: { range } });
      expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, tone.length]);
    },
  );

  test("its head, its tag, and other sites' players", async () => {
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), head.headers.get("accept-ranges")]).toEqual([
      200,
      String(tone.length),
      "bytes",
    ]);
    expect(head.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    const etag = head.headers.get("etag") ?? "";
    const same = await fetch(url, { headers: { "if-none-match": etag } });
    expect(same.status).toBe(304);
    const other = await fetch(url, { headers: { range: "bytes=0-1", "if-range": '"another"' } });
    expect((await other.arrayBuffer()).byteLength).toBe(tone.length);
  });
});

describe("uploads that nobody looks after any more", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage("folder");
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test("are ended, what is left of them is cleared away, and their owner is told; others are left alone", async () => {
    const asking = request(`${stage.service.url}/tracks/`, {
      method: "POST",
      agent: false,
      headers: {
        cookie: `plyr_session=${stage.artist.browser.cookie("plyr_session") ?? ""}`,
        "content-type": "multipart/form-data; boundary=b",
      },
    });
    asking.on("error", () => undefined);
    asking.write('--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n');
    asking.write(Buffer.alloc(300_000));
    await until("some of it is in the storage", async () => (await stage.stored()).length === 1);

    const storage = openFolderStorage(`${stage.service.dataDir}/storage`);
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const reaper = new Reaper({ db: stage.db, storage, log });
    expect(await reaper.round()).toBe(0);
    expect(await stage.stored()).toHaveLength(1);

    // As if its process had been killed six minutes ago.
    await stage.db
      .updateTable("uploads")
      .set({ touched_at: sql`now() - interval '6 minutes'` })
      .execute();
    expect(await reaper.round()).toBe(1);
    expect(await stage.stored()).toEqual([]);
    const [upload] = await stage.db.selectFrom("uploads").select("id").execute();
    expect(await stage.progress(stage.artist, upload?.id ?? "")).toMatchObject({
      phase: "failed",
      reason: "The upload broke off: the service was restarted in the middle of it. Upload the file again.",
    });
    expect(await reaper.round()).toBe(0);
    asking.destroy();
  });

  test("may be started and stopped twice, and stopped before it was started", async () => {
    const storage = openFolderStorage(`${stage.service.dataDir}/storage`);
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const reaper = new Reaper({ db: stage.db, storage, log, interval: 10 });
    await reaper.stop();
    reaper.start();
    reaper.start();
    await stage.db
      .insertInto("uploads")
      .values({
        id: "00000000-0000-4000-8000-000000000001",
        did: stage.artist.account.did,
        file_key: "audio/never",
        touched_at: sql`now() - interval '6 minutes'`,
      })
      .execute();
    await until("it has ended the upload", async () => {
      const rows = await stage.db
        .selectFrom("uploads")
        .select("id")
        .where("file_key", "is not", null)
        .execute();
      return rows.length === 0;
    });
    await reaper.stop();
    await reaper.stop();
  });
});

test("progress comes as events, to the end", async () => {
  await using stage = await setStage("folder");
  const { uploadId } = await stage.upload(stage.artist, await makeAudio("ogg", 3));
  const answer = await fetch(`${stage.service.url}/tracks/uploads/${uploadId}/progress`, {
    headers: {
      accept: "text/event-stream",
      cookie: `plyr_session=${stage.artist.browser.cookie("plyr_session") ?? ""}`,
    },
  });
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  const events = (await answer.text()).split("\n\n").filter((event) => event.startsWith("event: progress"));
  expect(events.at(-1)).toContain('"phase":"done"');
});
