import { createServer, type Server } from "node:http";
import { freePort } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outboundFetch } from "../../src/auth/outbound-fetch.js";

let server: Server;
let origin: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/hang" || request.url?.startsWith("/xrpc/")) return;
    if (request.url === "/away") response.writeHead(302, { location: "/private" });
    response.end("hello");
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${String(port)}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const guarded = outboundFetch({ guarded: true, trustedOrigins: [] });

test.each([
  ["plain HTTP", "http://example.test/"],
  ["this machine", "https://127.0.0.1:8443/"],
  ["this machine by name", "https://localhost:8443/"],
  ["a private network", "https://10.0.0.1/"],
  ["link-local metadata", "https://169.254.169.254/latest"],
  ["this machine in IPv6", "https://[::1]:8443/"],
  ["a mapped private address", "https://[::ffff:10.0.0.1]/"],
])("guarded, it refuses %s before connecting", async (_what, url) => {
  await expect(guarded(url)).rejects.toThrow();
  const refusal = await guarded(url).catch((error: unknown) => describe(error));
  expect(refusal).toMatch(/Forbidden protocol|non-unicast|not a public domain/);
});

test("guarded, it does not reach a server here, which is there", async () => {
  asked.length = 0;
  await expect(guarded(`${origin}/secret`)).rejects.toThrow();
  expect(asked).toEqual([]);
});

test("an origin that the operator named is reached all the same", async () => {
  const fetch = outboundFetch({ guarded: true, trustedOrigins: [origin] });
  expect(await (await fetch(`${origin}/plc`)).text()).toBe("hello");
});

test("no redirect is followed, also when nobody said anything about it", async () => {
  const fetch = outboundFetch({ guarded: false, trustedOrigins: [] });
  asked.length = 0;
  await expect(fetch(`${origin}/away`)).rejects.toThrow();
  await expect(fetch(new Request(`${origin}/away`))).rejects.toThrow();
  expect((await fetch(`${origin}/away`, { redirect: "manual" })).status).toBe(302);
  expect(asked).toEqual(["/away", "/away", "/away"]);
});

test("a host that hangs is given up; a record's write goes by its caller's limit", async () => {
  const fetch = outboundFetch({ guarded: false, trustedOrigins: [], limitMs: 100 });
  await expect(fetch(`${origin}/hang`)).rejects.toThrow("timeout");

  const write = fetch(`${origin}/xrpc/slow`, { method: "POST", signal: AbortSignal.timeout(400) });
  const began = performance.now();
  await expect(write).rejects.toThrow("timeout");
  expect(performance.now() - began).toBeGreaterThan(300);
});

test("a file from a PDS takes as long as its caller lets it; every other question is given up", async () => {
  const fetch = outboundFetch({ guarded: false, trustedOrigins: [], limitMs: 100 });
  await expect(fetch(`${origin}/xrpc/slow`)).rejects.toThrow("timeout");
  const began = performance.now();
  const file = fetch(`${origin}/xrpc/com.atproto.sync.getBlob?did=d`, { signal: AbortSignal.timeout(400) });
  await expect(file).rejects.toThrow("timeout");
  expect(performance.now() - began).toBeGreaterThan(300);
});

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message} ${error.cause === undefined ? "" : describe(error.cause)}`;
}
