import { randomBytes } from "node:crypto";
import { until } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nameFile } from "./planted.js";
import { artist } from "./stage.js";
import { openWorkshop, type Workshop } from "./workshop.js";

const MiB = 1024 * 1024;
const AWAY = "Our storage can't be used at the moment. Trying again by itself.";

let shop: Workshop;
let audio: string[];
beforeAll(async () => {
  shop = await openWorkshop("bucket", { exports: { stall: 1_000 } });
  const { key } = await shop.plant({ title: "Long 1", content: randomBytes(8 * MiB) });
  for (let number = 2; number <= 24; number += 1) {
    const { id } = await shop.plant({ title: `Long ${String(number)}` });
    await nameFile(shop.db, id, key, 8 * MiB);
  }
  audio = await shop.stored();
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

const bucket = () => shop.bucket ?? expect.fail("this workshop has a bucket");

async function underWay(): Promise<string> {
  const id = await shop.begin();
  await until("parts of it are in the bucket", async () => (await shop.stored()).length > audio.length + 1);
  return id;
}

async function isWhole(id: string): Promise<void> {
  const done = await shop.reaches(id, "done", { within: 30_000 });
  expect(done).toMatchObject({ processedCount: 24, leftOut: [], reason: null });
  const added = async () => (await shop.stored()).filter((name) => !audio.includes(name));
  expect((await added()).length).toBeGreaterThan(0);
  await expect
    .poll(async () => (await added()).filter((name) => !name.includes(`${id}.zip`)), { timeout: 10_000 })
    .toEqual([]);
  await shop.exports.remove(artist.did, id);
  await until("it is gone", async () => (await shop.stored()).length === audio.length);
}

test("a bucket that goes away in the middle: the owner reads why it waits, no attempt is used, and it is made when the bucket is back", async () => {
  const id = await underWay();
  await bucket().kill();
  expect((await shop.reaches(id, "waiting")).reason).toBe(AWAY);
  await until("it has been put off more often than the task has attempts", async () => {
    const row = await shop.db
      .selectFrom("exports")
      .select("deferrals")
      .where("id", "=", id)
      .executeTakeFirst();
    return (row?.deferrals ?? 0) > 5;
  });
  await bucket().restart();
  await isWhole(id);
}, 60_000);

test("a bucket that hangs in the middle counts as away, and a cancelled export does not wait for it", async () => {
  const id = await underWay();
  bucket().pause();
  expect((await shop.reaches(id, "waiting")).reason).toBe(AWAY);
  expect(await shop.exports.remove(artist.did, id)).toMatchObject({ status: "cancelled" });
  bucket().resume();
  await until("nothing of it is left", async () => (await shop.stored()).length === audio.length, {
    within: 30_000,
  });
}, 60_000);
