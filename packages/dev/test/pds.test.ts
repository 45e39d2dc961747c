import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { AtpAgent } from "@atproto/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFree, type Pds, startPds } from "../src/index.js";

const account = { handle: "ada.test", password: "analytical" };

describe("a PDS", () => {
  let dataDir: string;
  let pds: Pds;
  let did: string;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "plyr-pds-test-"));
    pds = await startPds({ dataDir });
    ({ did } = await pds.createAccount(account));
  });
  afterAll(async () => {
    await pds.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const signedIn = async (): Promise<AtpAgent> => {
    const agent = new AtpAgent({ service: pds.url });
    await agent.login({ identifier: account.handle, password: account.password });
    return agent;
  };
  const didDocument = async (): Promise<unknown> => (await fetch(`${pds.plcUrl}/${did}`)).json();

  test("keeps accounts, records and DIDs through kill -9 and a restart", async () => {
    const address = { repo: did, collection: "fm.plyr.dev.track", rkey: "3mwvxakh4222b" };
    const before = await signedIn();
    const { data } = await before.com.atproto.repo.putRecord({ ...address, record: { title: "kept" } });
    const document = await didDocument();

    await pds.kill();
    await pds.restart();

    expect(await didDocument()).toEqual(document);
    const after = await signedIn();
    expect((await after.com.atproto.repo.getRecord(address)).data.cid).toBe(data.cid);
    expect((await after.com.atproto.identity.resolveHandle({ handle: account.handle })).data.did).toBe(did);
  });

  test("forgets a PLC operation that a crash cut short, and keeps those before it", async () => {
    const journal = join(dataDir, "plc.jsonl");
    await pds.stop();
    const whole = readFileSync(journal, "utf8");
    appendFileSync(journal, '{"did":"did:plc:cut');

    await pds.restart();

    expect(readFileSync(journal, "utf8")).toBe(whole);
    expect(await didDocument()).toMatchObject({ id: did, alsoKnownAs: ["at://ada.test"] });
  });

  test("names its public URL in DID documents", async () => {
    expect(await didDocument()).toMatchObject({ service: [{ serviceEndpoint: pds.url }] });
  });

  test("says why it refuses an account", async () => {
    await expect(pds.createAccount(account)).rejects.toThrow("ada.test: Handle already taken");
  });

  test("can't be reached, nor its PLC directory, except through loopback", async () => {
    const elsewhere = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4")
      .map(({ address }) => address);
    for (const url of [pds.url, pds.plcUrl]) {
      for (const host of elsewhere) {
        await expect(fetch(`http://${host}:${new URL(url).port}/`)).rejects.toThrow("fetch failed");
      }
    }
  });

  test("answers nothing while paused, and goes on afterwards", async () => {
    const ask = (): Promise<Response> =>
      fetch(`${pds.url}/xrpc/_health`, { signal: AbortSignal.timeout(300) });
    pds.pause();
    await expect(ask()).rejects.toThrow("timeout");
    pds.resume();
    expect((await fetch(`${pds.url}/xrpc/_health`)).status).toBe(200);
  });

  test("refuses to start on a port that is taken, and leaves nothing behind", async () => {
    const taken = Number(new URL(pds.url).port);
    await expect(startPds({ port: taken })).rejects.toThrow(`Port ${String(taken)} is taken`);
  });
});

test("a PDS in a temp folder is gone when closed: process, ports, folder", async () => {
  const pds = await startPds();
  const ports = [pds.url, pds.plcUrl].map((url) => Number(new URL(url).port));
  const { pid, dataDir } = pds;
  expect(existsSync(dataDir)).toBe(true);

  await pds.close();
  await pds.close();

  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(await Promise.all(ports.map(isFree))).toEqual([true, true]);
  expect(existsSync(dataDir)).toBe(false);
});
