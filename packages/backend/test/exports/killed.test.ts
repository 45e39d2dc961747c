import { until } from "@plyr/dev";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveKey } from "../../src/exports/archive-key.js";
import { nameFile } from "./planted.js";
import { artist } from "./stage.js";
import { unpacked } from "./unpacked.js";
import { setYard, type Served, type Yard } from "./yard.js";

const MiB = 1024 * 1024;
const TRACKS = 12;
const EACH = 8 * MiB;

describe.each(["folder", "bucket"] as const)("a service that exports, with files in a %s,", (kind) => {
  let yard: Yard;
  let audio: string[];
  beforeAll(async () => {
    yard = await setYard(kind);
    // One file for many tracks: what matters is what is written.
    const { key } = await yard.plant({ title: "Track 1", content: Buffer.alloc(EACH, 1) });
    for (let number = 2; number <= TRACKS; number += 1) {
      const { id } = await yard.plant({ title: `Track ${String(number)}` });
      await nameFile(yard.db, id, key, EACH);
    }
    audio = await yard.stored();
  });
  afterAll(async () => {
    await yard[Symbol.asyncDispose]();
  });

  const rowOf = (id: string) =>
    yard.db.selectFrom("exports").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

  /** Kills it when so much of the archive is in the storage. */
  async function killAt(bytes: number, { program }: Served): Promise<void> {
    await until(`${String(bytes)} bytes are written`, async () => (await yard.underway()) >= bytes, {
      every: 2,
      within: 20_000,
    });
    await program.kill();
    // As if the half minute had gone by after which a subject is free again.
    await yard.db.deleteFrom("subject_leases").execute();
  }

  test("killed as soon as it has begun, in the middle, and near the end, makes the archive anew and leaves nothing of the earlier ones behind", async () => {
    let serving = await yard.serve();
    const id = await serving.begin();
    for (const bytes of [1, 40 * MiB, 80 * MiB]) {
      await killAt(bytes, serving);
      expect((await rowOf(id)).status).toBe("running");
      expect(await yard.underway(), "what it leaves").toBeGreaterThan(0);
      serving = await yard.serve();
    }
    await until("the archive is made", async () => (await rowOf(id)).status === "done", { within: 30_000 });
    const added = (await yard.stored()).filter((name) => !audio.includes(name));
    expect(
      added.filter((name) => !name.includes(`${id}.zip`)),
      "parts and drafts",
    ).toEqual([]);
    const { files, manifest } = await unpacked(await yard.content(archiveKey(id)));
    expect([files.size, manifest.tracks.length]).toEqual([TRACKS + 1, TRACKS]);
    await serving.remove(id);
    await until("it is gone", async () => (await yard.stored()).length === audio.length);

    const cancelled = await serving.begin();
    await killAt(16 * MiB, serving);
    // Its owner cancelled it while no service was there to hear of it.
    await yard.db.updateTable("exports").set({ status: "cancelled" }).where("id", "=", cancelled).execute();
    serving = await yard.serve();
    await until("nothing is left of it", async () => (await yard.stored()).length === audio.length, {
      within: 20_000,
    });
    await serving.program.close();
  }, 120_000);

  test("tells its task nothing that only this machine knows (incident 13)", async () => {
    const serving = await yard.serve();
    const id = await serving.begin();
    const { file_key: key, did } = await until("it is under way", async () => {
      const row = await rowOf(id);
      return row.file_key !== null && row;
    });
    const [intent] = await yard.db.selectFrom("intents").select(["task", "payload"]).execute();
    expect(intent).toEqual({ task: "media.export", payload: { exportId: id, owner: artist.did } });
    expect([key, did]).toEqual([`exports/${id}.zip`, artist.did]);
    await serving.remove(id);
    await serving.program.close();
  }, 60_000);
});
