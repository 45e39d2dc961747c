import { createHash, randomBytes } from "node:crypto";
import { until } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { artist, exportAnswer, listener, setStage, type ExportAnswer, type Stage } from "./stage.js";
import { manifest as manifestShape, unpacked } from "./unpacked.js";

const MiB = 1024 * 1024;
const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

describe.each(["folder", "bucket"] as const)("an export, with files in a %s", (kind) => {
  let stage: Stage;
  let done: ExportAnswer;
  let archive: Buffer;
  const songs = [
    { title: "Low Tide", fileType: "wav", content: randomBytes(9 * MiB) },
    { title: "low tide", fileType: "WAV", content: randomBytes(1_000) },
    { title: "../../etc/passwd", fileType: "mp3", content: randomBytes(2_000) },
    { title: "CON", fileType: "flac", content: randomBytes(3_000) },
    { title: "Ünïcode 🎷 — ゆめ", fileType: "ogg", content: randomBytes(4_000) },
    { title: "x".repeat(256), fileType: "m4a", content: randomBytes(5_000) },
    { title: "only elsewhere", fileType: "mp3", content: undefined },
    { title: "lost", fileType: "mp3", content: randomBytes(10) },
  ];

  beforeAll(async () => {
    stage = await setStage(kind);
    const planted = [];
    for (const song of songs) planted.push(await stage.plant(song));
    const lost = planted.at(-1);
    await stage.storage.delete(lost?.key ?? "");
    const accepted = await stage.begin(artist);
    expect(accepted).toMatchObject({ total_count: songs.length, processed_count: 0, download_url: null });
    done = await stage.reaches(artist, accepted.export_id, "done");
    archive = Buffer.from(await (await stage.download(artist, done.export_id)).arrayBuffer());
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test("holds every original under a name of its own, and says in the archive and in the job what it lacks and why (incident 15)", async () => {
    const { files, manifest } = await unpacked(archive);
    const held = songs.filter(({ title }) => title !== "only elsewhere" && title !== "lost");
    expect(manifest.tracks.map(({ title }) => title)).toEqual(held.map(({ title }) => title));
    for (const [at, track] of manifest.tracks.entries()) {
      const content = held[at]?.content ?? expect.fail("every track in the archive has content");
      const file = files.get(track.file);
      expect(file?.equals(content), track.file).toBe(true);
      expect(track).toMatchObject({ sha256: sha256(content), size: content.length, source: "storage" });
    }
    expect(manifest.tracks.map(({ file }) => file)).toEqual([
      "audio/Low Tide.wav",
      "audio/low tide (2).wav",
      "audio/etc passwd.mp3",
      "audio/_CON.flac",
      "audio/Ünïcode 🎷 — ゆめ.ogg",
      `audio/${"x".repeat(160)}.m4a`,
    ]);
    expect(files.size).toBe(held.length + 1);
    expect(manifest.leftOut.map(({ title, reason }) => [title, reason])).toEqual([
      ["only elsewhere", "Its audio is not with us, and its record names none on your PDS."],
      ["lost", "Its file is missing from our storage."],
    ]);
    const told = await (await stage.ask(artist, "GET", `/exports/${done.export_id}`)).json();
    const { manifest: job } = z.looseObject({ manifest: manifestShape }).parse(told);
    expect(job).toEqual(manifest);
    expect(done.left_out).toEqual(manifest.leftOut.map(({ title, uri, reason }) => ({ title, uri, reason })));
    const bytes = held.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
    expect(done).toMatchObject({
      processed_count: songs.length,
      processed_bytes: bytes,
      total_bytes: bytes,
      size: archive.length,
    });
  });

  test("is saved under a name that says whose it is and of which day, and leaves nothing else in the storage", async () => {
    const answer = await stage.download(artist, done.export_id);
    await answer.body?.cancel();
    const today = new Date(done.created_at).toISOString().slice(0, 10);
    expect(answer.headers.get("content-disposition")).toBe(
      `attachment; filename="plyr-artist.test-${today}.zip"`,
    );
    expect(answer.headers.get("content-type")).toBe("application/zip");
    expect((await stage.stored()).filter((name) => /staged|^\d+$|%/.test(name))).toEqual([]);
  });

  test("can be fetched in parts", async () => {
    const first = await stage.ask(artist, "GET", `/exports/${done.export_id}/download`);
    await first.body?.cancel();
    const url = first.headers.get("location") ?? `${stage.service.url}/exports/${done.export_id}/download`;
    const headers = { range: "bytes=100-199" };
    const part = url.startsWith(stage.service.url)
      ? await stage.ask(artist, "GET", url, headers)
      : await fetch(url, { headers });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(archive.subarray(100, 200))).toBe(true);
  });

  test("is unknown to everybody but its owner, in every call", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/progress"],
      ["GET", "/download"],
      ["DELETE", ""],
    ] as const) {
      const asked = (who: typeof artist | null) =>
        stage.ask(who, method, `/exports/${done.export_id}${path}`).then(async (answer) => {
          await answer.body?.cancel();
          return answer.status;
        });
      expect([method, path, await asked(null), await asked(listener)]).toEqual([method, path, 401, 404]);
    }
    expect(await (await stage.ask(listener, "GET", "/exports")).json()).toEqual({ exports: [] });
    expect((await stage.ask(null, "GET", "/exports")).status).toBe(401);
    expect((await stage.ask(null, "POST", "/exports/media")).status).toBe(401);
    expect((await stage.ask(artist, "GET", "/exports/no-id")).status).toBe(404);
    expect((await stage.state(artist, done.export_id)).status).toBe("done");
  });

  test("its address in the bucket is given to its owner alone, for five minutes, and stands in no log", async () => {
    const answer = await stage.ask(artist, "GET", `/exports/${done.export_id}/download`);
    await answer.body?.cancel();
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
    const location = answer.headers.get("location");
    if (kind === "folder") {
      expect(location).toBeNull();
      return;
    }
    expect(answer.status).toBe(302);
    const { searchParams } = new URL(location ?? "");
    expect(searchParams.get("X-Amz-Expires")).toBe("300");
    const log = stage.service.log.join("\n");
    expect(log).not.toContain(searchParams.get("X-Amz-Signature") ?? "no signature");
    expect(log).not.toContain("X-Amz");
  });

  test("tells how it gets on as events, to the end", async () => {
    const { export_id: id } = await stage.begin(artist);
    const answer = await stage.ask(artist, "GET", `/exports/${id}/progress`, { accept: "text/event-stream" });
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const events = (await answer.text()).split("\n\n").flatMap((event) => {
      const data = /^event: progress\ndata: (.*)$/m.exec(event)?.[1];
      return data === undefined ? [] : [exportAnswer.parse(JSON.parse(data))];
    });
    expect(events.at(-1)).toMatchObject({ export_id: id, status: "done", processed_count: songs.length });
    done = await stage.state(artist, id);
  });

  test("that asks for what is no export, or with what is not known here, is refused", async () => {
    const nonsense = await fetch(new URL("/exports/media", stage.service.url), {
      method: "POST",
      headers: { ...stage.cookie(artist), "content-type": "application/json" },
      body: JSON.stringify({ tracks: [1] }),
    });
    expect(await nonsense.json()).toMatchObject({ error: { code: "malformed", field: "tracks" } });
    const nothing = await stage.ask(listener, "POST", "/exports/media");
    expect(nothing.status).toBe(409);
    expect(await nothing.json()).toMatchObject({ error: { code: "nothing_to_export" } });
  });

  test("gives way to a newer one, is gone for its owner at once when that is removed, and soon from the storage", async () => {
    const { export_id: second } = await stage.begin(artist);
    await stage.reaches(artist, second, "done");
    const earlier = await stage.state(artist, done.export_id);
    expect(earlier).toMatchObject({ status: "expired", download_url: null });
    expect((await stage.download(artist, done.export_id)).status).toBe(410);

    const removed = await stage.ask(artist, "DELETE", `/exports/${second}`);
    expect(exportAnswer.parse(await removed.json()).status).toBe("removed");
    expect((await stage.ask(artist, "GET", `/exports/${second}`)).status).toBe(404);
    const archives = async () => (await stage.stored()).filter((name) => name.includes(".zip"));
    await until("both archives are gone", async () => (await archives()).length === 0);
    await until(
      "its row is gone",
      async () => (await stage.db.selectFrom("exports").where("id", "=", second).execute()).length === 0,
    );
  });

  test("expires after a week, and cannot be fetched from that moment on", async () => {
    const { export_id: id } = await stage.begin(artist);
    const { expires_at } = await stage.reaches(artist, id, "done");
    const days = (new Date(expires_at ?? 0).getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThanOrEqual(7);
    await stage.db
      .updateTable("exports")
      .set({ expires_at: sql`now() - interval '1 second'` })
      .where("id", "=", id)
      .execute();
    expect((await stage.ask(artist, "GET", `/exports/${id}/download`)).status).toBe(410);
  });
});
