import { until } from "@plyr/dev";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveKey } from "../../src/exports/archive-key.js";
import { nameFile } from "./planted.js";
import { artist } from "./stage.js";
import { setYard, type Yard } from "./yard.js";
import { unpacked } from "./unpacked.js";

const MiB = 1024 * 1024;
const TRACKS = 12;

describe.each(["folder", "bucket"] as const)("a service that is killed while it exports, files in a %s", (kind) => {
  let yard: Yard;
  let audio: string[];
  beforeAll(async () => {
    yard = await setYard(kind);
    const { key } = await yard.plant({ title: "Long 1", content: Buffer.alloc(16 * MiB, 1) });
    for (let number = 2; number <= TRACKS; number += 1) {
      const { id } = await yard.plant({ title: `Long ${String(number)}` });
      await nameFile(yard.db, id, key, 16 * MiB);
    }
    audio = await yard.stored();
  });
  afterAll(async () => {
    await yard[Symbol.asyncDispose]();
  });

  const rowOf = (id: string) =>
    yard.db.selectFrom("exports").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

  test.each([
    ["as soon as it has begun", 0],
    ["in the middle", 40 * MiB],
    ["near the end", 170 * MiB],
  ])("%s: the next one makes the archive anew and leaves nothing of the first behind", async (_when, bytes) => {
    const first = await yard.serve();
    const id = await first.begin();
    await until("it has got there", async () => {
      const { status, processed_bytes } = await rowOf(id);
      return status === "running" && processed_bytes >= bytes;
    }, { every: 5 });
    await first.program.kill();
    expect((await rowOf(id)).status).toBe("running");
    // As if the half minute had gone by after which a subject is free again.
    await yard.db.deleteFrom("subject_leases").execute();
    const second = await yard.serve();
    await until("the archive is made", async () => (await rowOf(id)).status === "done", { within: 30_000 });
    const added = (await yard.stored()).filter((name) => !audio.includes(name));
    expect(added.filter((name) => !name.includes(".zip")), "parts and drafts").toEqual([]);
    const { files, manifest } = await unpacked(await yard.content(archiveKey(id)));
    expect([files.size, manifest.tracks.length]).toEqual([TRACKS + 1, TRACKS]);
    await second.remove(id);
    await until("it is gone", async () => (await yard.stored()).length === audio.length);
    await second.program.close();
  }, 90_000);

  test("and whose export was cancelled before it is back clears away what is left", async () => {
    const first = await yard.serve();
    const id = await first.begin();
    await until("some of it is in the storage", async () => (await yard.stored()).length > audio.length);
    await first.program.kill();
    await yard.db.updateTable("exports").set({ status: "cancelled" }).where("id", "=", id).execute();
    await yard.db.deleteFrom("subject_leases").execute();
    const second = await yard.serve();
    await until("nothing is left", async () => (await yard.stored()).length === audio.length, {
      within: 20_000,
    });
    await second.program.close();
  }, 60_000);

  test("incident 13: what a task is told names nothing of the machine that took it in", async () => {
    const first = await yard.serve();
    const id = await first.begin();
    const [intent] = await yard.db.selectFrom("intents").select(["task", "payload"]).execute();
    expect(intent).toEqual({ task: "media.export", payload: { exportId: id } });
    const { file_key: key, did } = await until("it is under way", async () => {
      const row = await rowOf(id);
      return row.file_key !== null && row;
    });
    expect([key, did]).toEqual([`exports/${id}.zip`, artist.did]);
    await first.program.close();
  }, 60_000);
});
