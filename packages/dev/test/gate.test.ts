import { createServer, type IncomingMessage, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort, type Gate, type Match, startGate, until } from "../src/index.js";

let target: Server;
let gate: Gate;
let heard: { method: string | undefined; url: string | undefined; rawHeaders: string[]; body: string }[];

beforeEach(async () => {
  heard = [];
  target = createServer((request, response) => {
    void hear(request).then(() => {
      response.writeHead(201, "Made", { "x-seen": "yes", "set-cookie": ["a=1", "b=2"] });
      response.end(`made ${request.url ?? ""}`);
    });
  });
  const port = await freePort();
  target.listen(port, "127.0.0.1");
  gate = await startGate({ target: `http://localhost:${String(port)}` });
});

afterEach(async () => {
  await gate.close();
  target.closeAllConnections();
  target.close();
});

async function hear(request: IncomingMessage): Promise<void> {
  const { method, url, rawHeaders } = request;
  heard.push({ method, url, rawHeaders, body: await text(request) });
}

const send = (path: string, body?: string): Promise<Response> =>
  fetch(gate.url + path, body === undefined ? {} : { method: "POST", body });
const writes: Match = ({ method, path }) => method === "POST" && path === "/write";

test("lets everything through as it came: method, query, host, body, status, headers", async () => {
  const answer = await send("/write?a=1&b=%20", "wörds");

  expect(answer.status).toBe(201);
  expect(answer.statusText).toBe("Made");
  expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await answer.text()).toBe("made /write?a=1&b=%20");
  expect(heard).toMatchObject([{ method: "POST", url: "/write?a=1&b=%20", body: "wörds" }]);
  const host = heard[0]?.rawHeaders.findIndex((name) => name.toLowerCase() === "host") ?? -1;
  expect(heard[0]?.rawHeaders[host + 1]).toBe(`localhost:${String(gate.port)}`);
});

test("holds a request before the target hears of it, and forwards it when told", async () => {
  const held = gate.holdRequest(writes);
  const answer = send("/write", "x");
  const stopped = await held;

  expect(stopped.request).toMatchObject({ method: "POST", path: "/write", body: "x" });
  expect((await send("/read")).status).toBe(201);
  expect(heard.map(({ url }) => url)).toEqual(["/read"]);
  stopped.forward();
  expect((await answer).status).toBe(201);
  expect(heard.map(({ url }) => url)).toEqual(["/read", "/write"]);
});

test("drops a held request: the target never hears of it", async () => {
  const held = gate.holdRequest(writes);
  const answer = send("/write", "x");
  (await held).drop();

  await expect(answer).rejects.toThrow("fetch failed");
  expect(heard).toEqual([]);
  expect(gate.answered(writes)).toBe(0);
});

test("holds an answer when the target has done its work, and releases it when told", async () => {
  const held = gate.holdAnswer(writes);
  const answer = send("/write", "x");
  const done = await held;

  expect(done.status).toBe(201);
  expect(heard).toHaveLength(1);
  expect(gate.passages[0]).toMatchObject({ targetStatus: 201, status: null });
  done.release();
  expect((await answer).status).toBe(201);
  expect(gate.passages[0]).toMatchObject({ targetStatus: 201, status: 201 });
});

test("loses answers: done, and the client doesn't know", async () => {
  const rule = gate.loseAnswer(writes, { times: 1 });

  await expect(send("/write", "x")).rejects.toThrow("fetch failed");
  expect(heard).toHaveLength(1);
  expect(rule.caught).toBe(1);
  expect((await send("/write", "x")).status).toBe(201);
});

test("a client that dies while its request is held doesn't stop it from being done", async () => {
  const held = gate.holdRequest(writes);
  const client = new AbortController();
  const answer = fetch(`${gate.url}/write`, { method: "POST", body: "x", signal: client.signal });
  const stopped = await held;
  client.abort();
  await expect(answer).rejects.toThrow("aborted");

  stopped.forward();
  await until("the target has heard it", () => heard.length === 1);
});

test("answers by itself as often as told, then lets through", async () => {
  gate.answer(
    writes,
    { status: 429, headers: { "ratelimit-reset": "1800000000" }, body: { error: "RateLimitExceeded" } },
    { times: 2 },
  );

  for (const body of ["once", "twice"]) {
    const refused = await send("/write", body);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("ratelimit-reset")).toBe("1800000000");
    expect(await refused.json()).toEqual({ error: "RateLimitExceeded" });
  }
  expect(heard).toEqual([]);
  expect((await send("/write", "x")).status).toBe(201);
  expect(gate.passages.map(({ forwarded, status }) => [forwarded, status])).toEqual([
    [false, 429],
    [false, 429],
    [true, 201],
  ]);
});

test("the newest rule goes first; removing and clearing end rules and let go what is held", async () => {
  gate.answer(() => true, { status: 500 });
  const newer = gate.answer(writes, { status: 503 });
  expect((await send("/write", "x")).status).toBe(503);
  newer.remove();
  expect((await send("/write", "x")).status).toBe(500);

  const held = gate.holdRequest(writes);
  const answer = send("/write", "x");
  await held;
  gate.clear();
  expect((await answer).status).toBe(201);
  expect((await send("/write", "x")).status).toBe(201);
});

test("delays", async () => {
  gate.delay(writes, 150);
  const start = performance.now();
  expect((await send("/write", "x")).status).toBe(201);
  expect(performance.now() - start).toBeGreaterThanOrEqual(145);
});

test("refuses connections while shut, and takes them again on the same port", async () => {
  await gate.shut();
  await expect(send("/read")).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
  await gate.open();
  expect((await send("/read")).status).toBe(201);
});

test("a target that is down looks down, and up again without the gate's help", async () => {
  const address = target.address();
  target.close();
  target.closeAllConnections();
  await expect(send("/read")).rejects.toThrow("fetch failed");
  target.listen(typeof address === "object" ? address?.port : 0, "127.0.0.1");
  expect((await send("/read")).status).toBe(201);
});

test("counts what the target has answered, by status", async () => {
  await send("/write", "x");
  await send("/write", "x");
  await send("/read");
  expect(gate.answered(writes)).toBe(2);
  expect(gate.answered(writes, 201)).toBe(2);
  expect(gate.answered(writes, 200)).toBe(0);
});
