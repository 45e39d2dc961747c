import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { until } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveKey, stagingKey } from "../../src/exports/archive-key.js";
import { Expirer } from "../../src/exports/expirer.js";
import { NothingToExport, NotDone, UnknownExport } from "../../src/exports/refusals.js";
import { nameFile } from "./planted.js";
import { artist, listener, silent } from "./stage.js";
import { openWorkshop, type Workshop } from "./workshop.js";

const MiB = 1024 * 1024;
const TRACKS = 12;

describe.each(["folder", "bucket"] as const)("exports, with files in a %s", (kind) => {
  let shop: Workshop;
  let audio: string[];
  beforeAll(async () => {
    shop = await openWorkshop(kind);
    // One file for many tracks: an export that takes its time without filling the disk with audio.
    const { key } = await shop.plant({ title: "Long 1", content: randomBytes(16 * MiB) });
    for (let number = 2; number <= TRACKS; number += 1) {
      const { id } = await shop.plant({ title: `Long ${String(number)}` });
      await nameFile(shop.db, id, key, 16 * MiB);
    }
    audio = await shop.stored();
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
  });

  test("one is living at a time: asking again gives the same, also when asked at the same moment", async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, () => shop.exports.begin(artist.did)));
    expect(new Set(asked.map(({ state }) => state.id)).size).toBe(1);
    expect(asked.filter(({ isNew }) => isNew)).toHaveLength(1);
    const id = asked[0]?.state.id ?? "";
    await shop.reaches(id, "running");
    expect(await shop.exports.begin(artist.did)).toMatchObject({ state: { id }, isNew: false });
    await expect(shop.exports.archive(artist.did, id)).rejects.toThrow(NotDone);
    await shop.exports.remove(artist.did, id);
  });

  test("one that is cancelled while it runs stops within two seconds and leaves nothing, and a new one can begin", async () => {
    const id = await shop.begin();
    const before = await until("it is under way", async () => {
      const { state } = await shop.exports.find(artist.did, id);
      return state.processedBytes > 16 * MiB && state;
    });
    expect(before.totalBytes).toBe(TRACKS * 16 * MiB);
    expect(before.processedBytes).toBeLessThan(TRACKS * 16 * MiB);
    const asked = performance.now();
    expect(await shop.exports.remove(artist.did, id)).toMatchObject({ status: "cancelled" });
    await until("nothing of it is left", async () => (await shop.stored()).length === audio.length, {
      within: 10_000,
    });
    expect(performance.now() - asked).toBeLessThan(2_000);
    await until("its row names no file", async () => {
      const row = await shop.db
        .selectFrom("exports")
        .select("file_key")
        .where("id", "=", id)
        .executeTakeFirst();
      return row?.file_key === null;
    });
    expect((await shop.exports.find(artist.did, id)).state.status).toBe("cancelled");
    await expect(shop.exports.archive(artist.did, id)).rejects.toThrow(NotDone);
    const next = await shop.begin();
    expect(next).not.toBe(id);
    await shop.exports.remove(artist.did, next);
  });

  test("one that was cancelled while others were before it is never begun", async () => {
    const running = await shop.begin();
    await shop.reaches(running, "running");
    await shop.db
      .updateTable("tracks")
      .set({ artist_did: listener.did })
      .where("title", "=", "Long 1")
      .execute();
    const { state } = await shop.exports.begin(listener.did);
    expect(state.status).toBe("waiting");
    await shop.exports.remove(listener.did, state.id);
    await shop.exports.remove(artist.did, running);
    await until(
      "nothing is owed any more",
      async () => (await shop.db.selectFrom("intents").select("id").execute()).length === 0,
    );
    const found = await shop.exports.find(listener.did, state.id);
    expect(found.state).toMatchObject({ status: "cancelled", processedCount: 0 });
    expect(await shop.stored()).toHaveLength(audio.length);
    await shop.db
      .updateTable("tracks")
      .set({ artist_did: artist.did })
      .where("title", "=", "Long 1")
      .execute();
  });

  test("a track that is deleted meanwhile is left out and named", async () => {
    const id = await shop.begin();
    await until("it is under way", async () => {
      const { state } = await shop.exports.find(artist.did, id);
      return state.processedCount >= 1;
    });
    await shop.db
      .updateTable("tracks")
      .set({ deleted_at: sql`now()` })
      .where("title", "in", ["Long 11", "Long 12"])
      .execute();
    const { leftOut, processedCount, processedBytes } = await shop.reaches(id, "done", { within: 40_000 });
    expect(leftOut.map(({ title, reason }) => [title, reason])).toEqual([
      ["Long 11", "You deleted it while the export was being made."],
      ["Long 12", "You deleted it while the export was being made."],
    ]);
    expect([processedCount, processedBytes]).toEqual([TRACKS, (TRACKS - 2) * 16 * MiB]);
    await shop.exports.remove(artist.did, id);
    await until("it is gone", async () => (await shop.stored()).length === audio.length);
  });
});

describe("what is over", () => {
  let shop: Workshop;
  beforeAll(async () => {
    shop = await openWorkshop("folder");
    await shop.plant({ title: "Short", content: randomBytes(1_000) });
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
  });

  const intents = () => shop.db.selectFrom("intents").select("id").execute();
  const idle = () => until("nothing is owed any more", async () => (await intents()).length === 0);

  test("expires when its time has come: the archive goes, the row says so, and later goes too", async () => {
    const id = await shop.begin();
    await shop.reaches(id, "done");
    expect(await shop.expirer.round()).toBe(0);
    expect((await shop.stored()).filter((name) => name.endsWith(".zip"))).toHaveLength(1);
    await shop.db
      .updateTable("exports")
      .set({ expires_at: sql`now() - interval '1 second'` })
      .where("id", "=", id)
      .execute();
    expect(await shop.expirer.round()).toBe(1);
    await idle();
    expect((await shop.stored()).filter((name) => name.endsWith(".zip"))).toEqual([]);
    const { state } = await shop.exports.find(artist.did, id);
    expect(state).toMatchObject({ status: "expired", reason: "Its time was over", expiresAt: null });
    expect(await shop.expirer.round()).toBe(0);

    await shop.db
      .updateTable("exports")
      .set({ ended_at: sql`now() - interval '31 days'`, expires_at: sql`now() - interval '31 days'` })
      .where("id", "=", id)
      .execute();
    await shop.expirer.round();
    await expect(shop.exports.find(artist.did, id)).rejects.toThrow(UnknownExport);
  });

  test("leaves nothing in the storage, however it ended", async () => {
    const id = await shop.begin();
    await shop.reaches(id, "done");
    await idle();
    // As a run that was given up in the middle would leave it.
    for (const key of [archiveKey(id), stagingKey(id)])
      await shop.storage.put(key, Readable.from([Buffer.from("half")]), { contentType: "application/zip" });
    await shop.db
      .updateTable("exports")
      .set({ status: "failed", reason: "given up" })
      .where("id", "=", id)
      .execute();
    expect(await shop.expirer.round()).toBe(1);
    // Not scheduled a second time while the first is on its way.
    await shop.expirer.round();
    await idle();
    expect((await shop.stored()).filter((name) => name.includes(id))).toEqual([]);
  });

  test("is looked for by a loop that may be started and stopped twice, and stopped before it was started", async () => {
    const expirer = new Expirer({
      db: shop.db,
      outbox: shop.background.outbox,
      log: silent,
      interval: 20,
    });
    await expirer.stop();
    const id = await shop.begin();
    await shop.reaches(id, "done");
    await shop.db
      .updateTable("exports")
      .set({ expires_at: sql`now()` })
      .where("id", "=", id)
      .execute();
    expirer.start();
    expirer.start();
    await shop.reaches(id, "expired");
    await expirer.stop();
    await expirer.stop();
  });

  test("is shown to its owner alone, the newest first; whoever has no tracks has nothing to export", async () => {
    const id = await shop.begin();
    await shop.reaches(id, "done");
    expect((await shop.exports.of(artist.did))[0]?.id).toBe(id);
    expect(await shop.exports.of(listener.did)).toEqual([]);
    await expect(shop.exports.find(listener.did, id)).rejects.toThrow(UnknownExport);
    await expect(shop.exports.remove(listener.did, id)).rejects.toThrow(UnknownExport);
    await expect(shop.exports.archive(listener.did, id)).rejects.toThrow(UnknownExport);
    await expect(shop.exports.begin(listener.did)).rejects.toThrow(NothingToExport);
  });
});
