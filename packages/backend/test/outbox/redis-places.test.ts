import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate, startRedis, until } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { noteTask } from "./notes.js";
import { setStage, type Stage } from "./stage.js";

let stage: Stage;
let stack: AsyncDisposableStack;

beforeAll(async () => {
  stage = await setStage();
});
beforeEach(() => {
  stack = new AsyncDisposableStack();
  stage.log.length = 0;
});
afterEach(async () => {
  await stage.endProcesses();
  await stage.db.deleteFrom("intents").execute();
  await stack.disposeAsync();
});
afterAll(() => stage[Symbol.asyncDispose]());

const FALLBACK = "docket scheduling failed, falling back to asyncio";
const fallbacks = (): number => stage.log.filter(({ message }) => message === FALLBACK).length;
/** The sweep looks at what is open now, and not after its five seconds. */
const lookNow = () =>
  stage.db
    .updateTable("intents")
    .set({ check_at: sql<Date>`now()` })
    .execute();
const whoGoes = /^ACL SETUSER plyr .+$/m;

describe("a Redis of one's own, with TLS by an authority of one's own and the guide's permissions,", () => {
  const PASSWORD = "a-password-for-this-test";
  const guide = readFileSync(join(import.meta.dirname, "../../../../docs/redis.md"), "utf8");

  async function ownRedis(name: string) {
    const folder = mkdtempSync(join(tmpdir(), "plyr-tls-"));
    stack.defer(() => {
      rmSync(folder, { recursive: true });
    });
    const tls = makeCertificate(folder, [name]);
    const redis = stack.use(await startRedis({ tls, password: "of-the-operator" }));
    const line = whoGoes.exec(guide)?.[0].replace("PASSWORD", PASSWORD) ?? "";
    expect(await redis.ask(line)).toBe("+OK");
    const url = redis.secureUrl?.replace(":of-the-operator", `plyr:${PASSWORD}`) ?? "";
    return { redis, url, authority: tls.authority };
  }

  test("serves; with its password gone, work goes on in process, and no line tells it", async () => {
    const { redis, url: docketUrl, authority: ca } = await ownRedis("localhost");
    const docketCertificates = { ca, cert: undefined, key: undefined };
    const { task, done, registry } = noteTask();
    const { outbox, mode } = await stage.process({ docketUrl, docketCertificates, registry });
    await outbox.schedule(task, { about: "a", text: "by docket" });
    await until("it is done", () => done.includes("by docket"));
    expect([mode(), fallbacks()]).toEqual(["docket", 0]);

    expect(await redis.ask("ACL SETUSER plyr resetpass")).toBe("+OK");
    expect(await redis.ask("CLIENT KILL USER plyr")).toMatch(/^:[1-9]/);
    await outbox.schedule(task, { about: "b", text: "in process" });
    await until("it is done, too", () => done.includes("in process"));
    expect([mode(), fallbacks()]).toEqual(["docket unreachable, running in process", 1]);
    expect(JSON.stringify(stage.log.map(({ fields, message }) => [fields, message]))).not.toContain(PASSWORD);
  });

  test.each([
    ["without the authority's certificate", "localhost", false],
    ["under another name than the certificate's", "elsewhere.example", true],
  ])("is not talked to %s", async (_how, name, trusted) => {
    const { url: docketUrl, authority } = await ownRedis(name);
    const { task, done, registry } = noteTask();
    const docketCertificates = { ca: trusted ? authority : undefined, cert: undefined, key: undefined };
    const background = await stage.process({ docketUrl, docketCertificates, registry }, false);
    const starting = background.start();
    await background.outbox.schedule(task, { about: "a", text: "in process" });
    await until("it is done", () => done.includes("in process"));
    expect(background.mode()).toBe("docket unreachable, running in process");
    await stage.endProcesses();
    await starting;
  });
});

test("DOCKET_URL is pointed at another, empty Redis while work is open: all of it is done, once", async () => {
  const [old, other] = [stack.use(await startRedis()), stack.use(await startRedis())];
  const { task, done, registry } = noteTask();
  const api = await stage.process({ docketUrl: old.url, registry, worker: false });
  for (const text of ["a", "b", "c"]) await api.outbox.schedule(task, { about: text, text });
  await until("the old one has them", async () => (await old.ask("HLEN docket:{plyr}:bodies")) === ":3");
  await stage.endProcesses();

  const moved = await stage.process({ docketUrl: other.url, registry });
  await moved.outbox.schedule(task, { about: "d", text: "d" });
  await lookNow();
  await until("all are done", () => done.length === 4);
  expect(done.toSorted()).toEqual(["a", "b", "c", "d"]);
  expect(fallbacks()).toBe(0);

  // A worker that was forgotten, or the way back: what the old one still holds is known to be done.
  const late = noteTask();
  await stage.process({ docketUrl: old.url, registry: late.registry });
  await until("the old one is empty", async () => (await old.ask("HLEN docket:{plyr}:bodies")) === ":1");
  expect(late.done).toEqual([]);
});

test("Redis is as it was some time ago: what was done since is not done again, and what it lacks is", async () => {
  const redis = stack.use(await startRedis({ persistent: false }));
  const { task, done, registry } = noteTask();
  const api = await stage.process({ docketUrl: redis.url, registry, worker: false });
  for (const text of ["a", "b"]) await api.outbox.schedule(task, { about: text, text });
  await until("it has them", async () => (await redis.ask("HLEN docket:{plyr}:bodies")) === ":2");
  expect(await redis.ask("SAVE")).toBe("+OK");
  const worker = await stage.process({ docketUrl: redis.url, registry });
  await until("they are done", async () => (await stage.openIntents()).length === 0);
  await worker.stop();
  await api.outbox.schedule(task, { about: "c", text: "c" });
  // Beside the one that comes by itself.
  await until("it has the third", async () => (await redis.ask("HLEN docket:{plyr}:bodies")) === ":2");

  await redis.kill();
  await redis.restart();
  expect(await redis.ask("HLEN docket:{plyr}:bodies")).toBe(":2");
  await stage.process({ docketUrl: redis.url, registry });
  await lookNow();
  await until("the third is done", () => done.includes("c"));
  await until(
    "the others are known to be",
    async () => (await redis.ask("HLEN docket:{plyr}:bodies")) === ":1",
  );
  expect(done.toSorted()).toEqual(["a", "b", "c"]);
});

test.each(["bodies", "ready"])(
  "a Redis that has evicted a key (%s) is emptied, as the guide says: all is done, once, in order",
  async (key) => {
    const redis = stack.use(await startRedis());
    const { task, done, registry } = noteTask();
    const api = await stage.process({ docketUrl: redis.url, registry, worker: false });
    for (const text of ["a", "b"]) await api.outbox.schedule(task, { about: "lane", text });
    await until("it has them", async () => (await redis.ask("HLEN docket:{plyr}:bodies")) === ":2");
    expect(await redis.ask(`DEL docket:{plyr}:${key}`)).toBe(":1");
    await stage.process({ docketUrl: redis.url, registry });
    await redis.flush();
    await lookNow();
    await until("both are done", () => done.length === 2, { within: 15_000 });
    expect(done).toEqual(["a", "b"]);
  },
);

test("a Redis that is full (maxmemory, noeviction): what is accepted is done in process, and by docket when there is room", async () => {
  const redis = stack.use(await startRedis());
  const { task, done, registry } = noteTask();
  const { outbox, mode } = await stage.process({ docketUrl: redis.url, registry });
  await outbox.schedule(task, { about: "a", text: "before" });
  await until("it is done", () => done.includes("before"));
  expect(await redis.ask("CONFIG SET maxmemory 1")).toBe("+OK");
  await outbox.schedule(task, { about: "a", text: "while it is full" });
  await until("it is done in process", () => done.includes("while it is full"));
  expect(fallbacks()).toBe(1);
  expect(mode()).toBe("docket unreachable, running in process");

  expect(await redis.ask("CONFIG SET maxmemory 0")).toBe("+OK");
  await until("docket is back", () => mode() === "docket", { within: 15_000 });
  await outbox.schedule(task, { about: "a", text: "after" });
  await until("it is done by docket", () => done.includes("after"));
  expect(fallbacks()).toBe(1);
  expect(done).toEqual(["before", "while it is full", "after"]);
});
