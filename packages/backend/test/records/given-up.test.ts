import { afterAll, beforeAll, expect, test } from "vitest";
import { buryIntent } from "../../src/outbox/burial.js";
import { insertIntent } from "../../src/outbox/intents.js";
import { collectionsOf } from "../../src/records/collections.js";
import { likeRecord } from "../../src/records/like.js";
import { confirm, distrust, readRecord, wishGone, wishRecord } from "../../src/records/pds-record.js";
import { recordGivenUp, writeRecord } from "../../src/tasks/write-record.js";
import { setStage, type Stage } from "../outbox/stage.js";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const did = "did:plc:listener";
const { like: collection } = collectionsOf("fm.plyr.test");
const CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";

async function wish(): Promise<string> {
  return wishRecord(stage.db, {
    did,
    collection,
    content: likeRecord(
      collection,
      { uri: "at://did:plc:artist/fm.plyr.test.track/3k2a", cid: CID },
      new Date(),
    ),
  });
}

async function intentFor(recordId: string): Promise<string> {
  const payload = { recordId, did, about: recordId };
  const { id } = await insertIntent(stage.db, { task: writeRecord.name, payload }, recordId);
  return id;
}

async function giveUp(intentId: string): Promise<void> {
  await stage.db.transaction().execute((tx) => buryIntent(tx, () => recordGivenUp, intentId, "out of ink"));
}

test("a record whose only intent is given up has failed, and says why (incident 20)", async () => {
  const record = await wish();
  const intent = await intentFor(record);
  await giveUp(intent);
  expect(await readRecord(stage.db, record)).toMatchObject({ state: "failed", reason: "out of ink" });
});

test("a record that another intent still sees to has not failed", async () => {
  const record = await wish();
  const first = await intentFor(record);
  await wishGone(stage.db, record);
  const second = await intentFor(record);
  await giveUp(first);
  expect(await readRecord(stage.db, record)).toMatchObject({ state: "writing", reason: null });
  await giveUp(second);
  expect(await readRecord(stage.db, record)).toMatchObject({ state: "failed" });
});

test("a record that the PDS is confirmed to have does not fail afterwards, and only the lease's holder confirms it", async () => {
  const record = await wish();
  const intent = await intentFor(record);
  const holder = { subject: record, token: "5f0c1d0e-6f5e-4d7e-9d3b-1f4c2a7b8e90" };
  const until = new Date(Date.now() + 60_000);
  const asRead = (await readRecord(stage.db, record)) ?? expect.fail("the record is there");
  expect(await confirm(stage.db, asRead, "bafy", holder)).toBe(false);
  await stage.db
    .insertInto("subject_leases")
    .values({ ...holder, until })
    .execute();
  expect(await confirm(stage.db, asRead, "bafy", holder)).toBe(true);
  await giveUp(intent);
  expect(await readRecord(stage.db, record)).toMatchObject({ state: "confirmed", confirmed_cid: "bafy" });
  await distrust(stage.db, record);
  expect(await readRecord(stage.db, record)).toMatchObject({
    state: "writing",
    confirmed_version: 0,
    may_exist: true,
  });
});
