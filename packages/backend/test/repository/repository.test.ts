import { AtpAgent } from "@atproto/api";
import { startGatedPds, xrpc, type Account, type GatedPds } from "@plyr/dev";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { classify } from "../../src/pds/answer.js";
import { openRepositories, type Repositories } from "../../src/repository/open.js";
import { openRepositoryReader, type RepositoryRecord } from "../../src/repository/repository.js";

const COLLECTION = "test.example.thing";
const OTHER = "test.example.other";
const COUNT = 230;
const never = new AbortController().signal;

let place: GatedPds;
let person: Account;
let repositories: Repositories;

beforeAll(async () => {
  place = await startGatedPds();
  person = await place.pds.createAccount({ handle: "librarian.test", password: "reader-password" });
  repositories = openRepositories({ environment: "development", plcUrl: place.pds.plcUrl });
  const agent = new AtpAgent({ service: place.pds.listenUrl });
  await agent.login({ identifier: person.handle, password: person.password });
  for (let from = 0; from < COUNT; from += 200) {
    await agent.com.atproto.repo.applyWrites({
      repo: person.did,
      writes: Array.from({ length: Math.min(200, COUNT - from) }, (_, index) => ({
        $type: "com.atproto.repo.applyWrites#create",
        collection: COLLECTION,
        rkey: `thing${String(from + index).padStart(4, "0")}`,
        value: { $type: COLLECTION, number: from + index },
      })),
    });
  }
  await agent.com.atproto.repo.putRecord({
    repo: person.did,
    collection: OTHER,
    rkey: "self",
    record: { $type: OTHER, text: "hello", link: { $link: LINK } },
  });
});
afterEach(() => {
  place.gate.clear();
});
afterAll(async () => {
  await place.close();
});

const LINK = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
const list = xrpc("com.atproto.repo.listRecords");

async function readAll(collections: readonly string[], { reader } = repositories, did = person.did) {
  const records: RepositoryRecord[] = [];
  for await (const record of reader.readRepository(did, collections, never)) records.push(record);
  return records;
}

test("every record of the collections asked for comes once, page by page, as JSON with its CID", async () => {
  const asked = place.gate.answered(list);
  const records = await readAll([COLLECTION, OTHER, COLLECTION]);
  expect(new Set(records.map(({ collection, rkey }) => `${collection}/${rkey}`)).size).toBe(COUNT + 1);
  expect(records).toHaveLength(COUNT + 1);
  expect(records.find(({ rkey }) => rkey === "thing0007")?.value).toEqual({ $type: COLLECTION, number: 7 });
  expect(records.at(-1)).toMatchObject({
    rkey: "self",
    value: { $type: OTHER, text: "hello", link: { $link: LINK } },
  });
  expect(records.every(({ cid }) => cid.startsWith("baf"))).toBe(true);
  // At most a page more than there are records, for the end of each collection.
  expect(place.gate.answered(list) - asked).toBeLessThanOrEqual(6);
});

test("a collection without records has none, and one record can be asked for by itself", async () => {
  expect(await readAll(["test.example.nothing"])).toEqual([]);
  const there = await repositories.reader.readRecord(
    { did: person.did, collection: OTHER, rkey: "self" },
    never,
  );
  expect(there?.value["text"]).toBe("hello");
  const missing = { did: person.did, collection: OTHER, rkey: "nobody" };
  expect(await repositories.reader.readRecord(missing, never)).toBeNull();
});

test("a PDS in trouble is an error that can be taken apart, never an empty repository", async () => {
  place.gate.answer(list, { status: 502, body: "bad gateway" }, { times: 1 });
  const error = await readAll([COLLECTION]).catch((cause: unknown) => cause);
  expect(classify(error)).toMatchObject({ kind: "wait" });
  place.gate.answer(list, { status: 200, body: { something: "else" } }, { times: 1 });
  await expect(readAll([COLLECTION])).rejects.toThrow();
});

test("a person without a known PDS is an error that says so", async () => {
  const unknown = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
  await expect(readAll([COLLECTION], repositories, unknown)).rejects.toThrow(
    "It can't be found out at the moment on which PDS the account is",
  );
});

test("in production an address that is not public is not asked", async () => {
  const guarded = openRepositories({ environment: "production", plcUrl: place.pds.plcUrl });
  const asked = place.gate.passages.length;
  await expect(readAll([COLLECTION], guarded)).rejects.toThrow();
  expect(place.gate.passages.length).toBe(asked);
});

test("a collection that goes on for ever is given up", async () => {
  const reader = openRepositoryReader({ homes: repositories.homes, fetch, most: 150 });
  await expect(readAll([COLLECTION], { ...repositories, reader })).rejects.toThrow("more than 150 records");
});
