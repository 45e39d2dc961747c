import { Visitor, startPds, startPostgres, until, type Pds, type Postgres } from "@plyr/dev";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { openDatabase } from "../../src/database/open.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { NAMESPACE, runService, type RunningService } from "./running-service.js";

let pds: Pds;
let postgres: Postgres;
let service: RunningService;
let databaseUrl: string;
let tracks = 0;
let track: string;
let ana: Visitor;
let ben: Visitor;
let nobody: Visitor;

beforeAll(async () => {
  [pds, postgres] = await Promise.all([startPds(), startPostgres()]);
  databaseUrl = await postgres.createDatabase();
  service = await runService({ databaseUrl, pds });
  [ana, ben] = [await person("ana"), await person("ben")];
  nobody = new Visitor(service.url);
});
afterAll(async () => {
  await service.stop();
  await Promise.all([pds.close(), postgres.close()]);
});
beforeEach(async () => {
  tracks += 1;
  const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  const { id } = await adoptTrack(db, {
    artist: { did: "did:plc:artist", handle: "artist.test", displayName: null },
    track: { title: "Rain", fileType: "wav", duration: 12, audioUrl: `${pds.url}/audio` },
    record: {
      collection: `${NAMESPACE}.track`,
      rkey: `track${String(tracks)}`,
      content: { title: "Rain" },
      cid: "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    },
  });
  await db.destroy();
  track = `/tracks/${String(id)}/comments`;
});

async function person(name: string): Promise<Visitor> {
  const account = await pds.createAccount({ handle: `${name}.test`, password: `${name}-password` });
  const visitor = new Visitor(service.url);
  await visitor.signIn(account);
  return visitor;
}

const view = z.object({
  id: z.int(),
  text: z.string(),
  author: z.object({ handle: z.string() }),
  write: z.object({ state: z.string(), uri: z.string() }).nullable(),
});
const one = z.object({ comment: view });
const many = z.object({ comments: z.array(view) });

const said = async (visitor: Visitor) => many.parse((await visitor.get(track)).json()).comments;

async function say(visitor: Visitor, text: string): Promise<string> {
  const reply = await visitor.post(track, { body: { text, timestamp_ms: 1_000 } });
  expect(reply.status).toBe(201);
  return `/tracks/comments/${String(one.parse(reply.json()).comment.id)}`;
}

test("a comment is added, read by everybody, changed, removed, and each time its record follows", async () => {
  const added = await ana.post(track, { body: { text: "what a chorus", timestamp_ms: 4_200 } });
  expect([added.status, added.json()]).toMatchObject([
    201,
    {
      comment: {
        author: { handle: "ana.test" },
        text: "what a chorus",
        timestampMs: 4_200,
        updatedAt: null,
        removed: false,
        write: { uri: expect.stringContaining(`/${NAMESPACE}.comment/`) as unknown },
      },
    },
  ]);
  const path = `/tracks/comments/${String(one.parse(added.json()).comment.id)}`;
  const confirmed = async () => (await said(ana))[0]?.write?.state === "confirmed";
  await until("it is on the PDS", confirmed);
  expect(await said(nobody)).toMatchObject([{ text: "what a chorus", write: null }]);
  expect(await said(ben)).toMatchObject([{ author: { handle: "ana.test" }, write: null }]);

  const changed = await ana.send("PATCH", path, { body: { text: "what a verse" } });
  expect([changed.status, one.parse(changed.json()).comment.text]).toEqual([200, "what a verse"]);
  await until("it is on the PDS", confirmed);

  const removed = await ana.delete(path);
  expect([removed.status, removed.json()]).toMatchObject([200, { comment: { removed: true, text: "" } }]);
  await until("it is gone from the PDS", async () => (await said(ana)).length === 0);
  expect((await ana.delete(path)).json()).toEqual({ comment: null });
});

describe("who may", () => {
  test.each([
    ["nobody", () => nobody, { read: 200, add: 401, change: 401, remove: 401 }],
    ["another person", () => ben, { read: 200, add: 201, change: 403, remove: 403 }],
    ["the author", () => ana, { read: 200, add: 201, change: 200, remove: 200 }],
  ] as const)("%s", async (_who, visitor, allowed) => {
    const path = await say(ana, "hands off");
    const body = { text: "other words" };
    expect({
      read: (await visitor().get(track)).status,
      add: (await visitor().post(track, { body: { ...body, timestamp_ms: 0 } })).status,
      change: (await visitor().send("PATCH", path, { body })).status,
      remove: (await visitor().delete(path)).status,
    }).toEqual(allowed);
    const left = (await said(ana)).filter(({ text }) => text === "hands off");
    expect(left).toHaveLength(allowed.remove === 200 ? 0 : 1);
  });

  test("another site may not, whoever is signed in", async () => {
    const path = await say(ana, "hands off");
    const headers = { origin: "https://evil.test" };
    const forged = [
      await ana.post(track, { headers, body: { text: "spam", timestamp_ms: 0 } }),
      await ana.send("PATCH", path, { headers, body: { text: "spam" } }),
      await ana.delete(path, { headers }),
    ];
    expect(forged.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect((await said(ana)).map(({ text }) => text)).toEqual(["hands off"]);
  });
});

const wrongTexts = [
  ["missing", undefined],
  ["null", null],
  ["a number", 7],
  ["a list", ["a"]],
  ["empty", ""],
  ["blank", " \n\t"],
  ["1001 letters", "a".repeat(1_001)],
  ["1002 bytes in 501 letters", "é".repeat(501)],
  ["a NUL", "a\u0000b"],
  ["half a surrogate pair", "a\ud800b"],
] as const;

test.each(wrongTexts)("a text that is %s is refused by name, and leaves nothing", async (_what, text) => {
  const path = await say(ana, "as it was");
  for (const reply of [
    await ana.post(track, { body: { text, timestamp_ms: 0 } }),
    await ana.send("PATCH", path, { body: { text } }),
  ]) {
    expect([reply.status, reply.json()]).toMatchObject([
      422,
      { error: { code: "malformed", field: "text" } },
    ]);
  }
  expect((await said(ana)).map((left) => left.text)).toEqual(["as it was"]);
});

test.each([undefined, null, "0", 1.5, -1, 12_501, 2_147_483_648, 1e300, [0]])(
  "the moment %j is refused by name, and leaves nothing",
  async (moment) => {
    const reply = await ana.post(track, { body: { text: "when?", timestamp_ms: moment } });
    expect([reply.status, reply.json()]).toMatchObject([
      422,
      { error: { code: "malformed", field: "timestamp_ms" } },
    ]);
    expect(await said(ana)).toEqual([]);
  },
);

test("hostile words are words: kept as they are, and 1000 bytes are not too many", async () => {
  const texts = [
    "<script>alert(1)</script>",
    "'; drop table comments; --",
    "\u202eright to left",
    "é".repeat(500),
  ];
  for (const text of texts) await say(ana, text);
  expect((await said(nobody)).map(({ text }) => text)).toEqual(texts);
});

test.each([
  ["no body", "", "body"],
  ["no JSON", "text=hello", "body"],
  ["a list", "[]", "body"],
  ["null", "null", "body"],
  ["an unknown field", '{"text":"a","timestamp_ms":0,"did":"did:plc:ben"}', "did"],
])("%s is malformed, and %s → %s is named", async (_what, rawBody, field) => {
  const path = await say(ana, "as it was");
  for (const [method, target] of [
    ["POST", track],
    ["PATCH", path],
  ] as const) {
    const reply = await ana.send(method, target, {
      rawBody: rawBody.replace(/,"timestamp_ms":0/, method === "POST" ? "$&" : ""),
    });
    expect([reply.status, reply.json()]).toMatchObject([422, { error: { code: "malformed", field } }]);
  }
  expect(await said(ana)).toHaveLength(1);
});

test("a body of 100 kB is too large", async () => {
  const reply = await ana.post(track, { body: { text: "x".repeat(100_000), timestamp_ms: 0 } });
  expect([reply.status, reply.json()]).toMatchObject([413, { error: { code: "too_large" } }]);
});

test("the twenty-first comment of a person on a track is refused with the reason", async () => {
  for (let number = 1; number <= 20; number += 1) await say(ana, String(number));
  const reply = await ana.post(track, { body: { text: "21", timestamp_ms: 0 } });
  expect([reply.status, reply.json()]).toMatchObject([409, { error: { code: "too_many_comments" } }]);
  await say(ben, "mine is the first");
});

test.each(["999999", "0", "-1", "abc", "1.5", "99999999999", "2147483648", "%00"])(
  "track %s and comment %s are unknown",
  async (id) => {
    const body = { text: "to whom?", timestamp_ms: 0 };
    for (const reply of [
      await nobody.get(`/tracks/${id}/comments`),
      await ana.post(`/tracks/${id}/comments`, { body }),
    ]) {
      expect([reply.status, reply.json()]).toMatchObject([404, { error: { code: "unknown_track" } }]);
    }
    const path = `/tracks/comments/${id}`;
    for (const reply of [await ana.send("PATCH", path, { body: { text: "x" } }), await ana.delete(path)]) {
      expect([reply.status, reply.json()]).toMatchObject([404, { error: { code: "unknown_comment" } }]);
    }
  },
);
