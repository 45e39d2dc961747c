import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { startRedis, type Redis } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { artist } from "./stage.js";
import { unpacked } from "./unpacked.js";
import { openWorkshop, type Workshop } from "./workshop.js";

let redis: Redis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

const content = randomBytes(100_000);

async function exportsOne(shop: Workshop): Promise<void> {
  await shop.plant({ title: "Low Tide", content });
  const id = await shop.begin();
  await shop.reaches(id, "done");
  const { key } = await shop.exports.archive(artist.did, id);
  const { files } = await unpacked(await buffer(await shop.storage.get(key)));
  expect(files.get("audio/Low Tide.wav")?.equals(content)).toBe(true);
}

test("with docket, an export is made by a worker of it", async () => {
  await using shop = await openWorkshop("folder", { docketUrl: redis.url });
  expect(shop.background.mode()).toBe("docket");
  await exportsOne(shop);
});

test("with docket unreachable, an export is made in process", async () => {
  await using shop = await openWorkshop("folder", { docketUrl: redis.url });
  await redis.kill();
  await exportsOne(shop);
  expect(shop.background.mode()).toBe("docket unreachable, running in process");
  await redis.restart();
});

test("with everything embedded, an export is made in process", async () => {
  await using shop = await openWorkshop("folder", {}, "embedded");
  expect(shop.background.mode()).toBe("docket disabled");
  await exportsOne(shop);
}, 60_000);
