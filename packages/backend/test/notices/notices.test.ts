import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { inspect } from "node:util";
import { freePort } from "@plyr/dev";
import { defineTask, exponential, Terminal } from "@plyr/docket";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { listNotices, scheduleNotice, type NewNotice } from "../../src/notices/notices.js";
import { webhookOf } from "../../src/notices/open.js";
import type { Background } from "../../src/tasks/background.js";
import { registry } from "../../src/tasks/registry.js";
import type { TaskServices } from "../../src/tasks/services.js";
import { setStage, type Stage } from "../outbox/stage.js";

let stage: Stage;
let server: Server;
let port: number;
let answers: number[] = [];
let taken: { id: string | undefined; body: string }[] = [];
beforeAll(async () => {
  stage = await setStage();
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.once("end", () => {
      taken.push({ id: request.headers["idempotency-key"]?.toString(), body });
      const status = answers.shift() ?? 204;
      response.writeHead(status, status === 429 ? { "retry-after": "1" } : {}).end();
    });
  });
  port = await freePort();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  await stage.endProcesses();
  await stage.db.deleteFrom("notices").execute();
  await stage.db.deleteFrom("intents").execute();
  taken = [];
  answers = [];
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

const flagged: NewNotice = {
  kind: "scan.flagged",
  about: "scan 1",
  text: "“x” was flagged",
  facts: { scan: 1 },
};
const secret = "part-that-nobody-may-see";

const webhookAt = (host: string) =>
  webhookOf({ operatorWebhookUrl: `http://${host}/${secret}`, http: { publicUrl: "https://plyr.example" } });

const begin = (): Promise<Background> => stage.process({ webhook: webhookAt(`127.0.0.1:${String(port)}`) });

const tell = ({ outbox }: Background, notice = flagged) =>
  outbox.transact((tx, schedule) => scheduleNotice(tx, schedule, notice));

const state = async () => (await listNotices(stage.db, 9)).map(({ state, told }) => ({ state, told }));

describe("the operator is told", () => {
  test("once of each thing, in words that chats show and facts that programs read", async () => {
    const background = await begin();
    const id = await tell(background);
    expect(await tell(background)).toBe(id);
    await expect.poll(state).toEqual([{ state: "sent", told: `127.0.0.1:${String(port)}` }]);
    expect(taken).toHaveLength(1);
    expect(taken[0]?.id).toBe(id);
    expect(JSON.parse(taken[0]?.body ?? "")).toMatchObject({
      ...{ id, kind: "scan.flagged", service: "https://plyr.example" },
      ...{ text: "“x” was flagged", content: "“x” was flagged", facts: { scan: 1 } },
    });
  });

  test.each([500, 429])("also when the webhook answers %i at first", async (status) => {
    answers = [status];
    await tell(await begin());
    await expect.poll(state, { timeout: 10_000 }).toMatchObject([{ state: "sent" }]);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(1);
    expect(taken).toHaveLength(2);
  });

  test("by a notice that is kept, where there is no webhook", async () => {
    await tell(await stage.process({}));
    await expect.poll(state).toEqual([{ state: "kept", told: null }]);
  });

  test("or the notice says why not, when it is given up after three days", async () => {
    // Taken in by a process that carries nothing out, three days before one comes that does.
    await tell(await stage.process({ worker: false }, false));
    await stage.db
      .updateTable("intents")
      .set({ created_at: new Date(Date.now() - 73 * 3_600_000), check_at: new Date() })
      .execute();
    answers = [429];
    await begin();
    await expect.poll(state, { timeout: 10_000 }).toEqual([{ state: "failed", told: null }]);
    const notices = await listNotices(stage.db, 9);
    expect(notices[0]?.reason).toContain(`at 127.0.0.1:${String(port)} answers 429`);
    // That this task was given up is no news for whom it can't reach.
    expect(notices).toHaveLength(1);
  });

  test("and nothing that goes wrong names the webhook's address", async () => {
    const nobody = `127.0.0.1:${String(await freePort())}`;
    const webhook = webhookAt(nobody);
    const notice = { id: "1", kind: "x", at: new Date().toISOString(), facts: {} };
    const failure: unknown = await webhook
      ?.send(notice, new AbortController().signal)
      .catch((error: unknown) => error);
    expect(inspect(failure, { depth: 9 })).toContain(`The operator's webhook at ${nobody} can't be reached`);
    expect(inspect(failure, { depth: 9 })).not.toContain(secret);
  });
});

describe("what is given up", () => {
  const scribe = defineTask<TaskServices>()({
    name: "note.scribe",
    payload: z.object({ words: z.string(), did: z.string() }),
    retry: exponential({ attempts: 1, min: "1s", max: "1s" }),
    onDeadLetter: async (_payload, death, { bury }) => {
      if (death.key !== undefined) await bury(death.key, death.reason);
    },
    run: () => Promise.reject(new Terminal("out of ink")),
  });

  test("is told of once a day for each kind of task, however many there are, with the reason and without the payload", async () => {
    const { outbox } = await stage.process({ registry: [...registry, { task: scribe }] });
    for (let at = 0; at < 3; at++) await outbox.schedule(scribe, { words: secret, did: "did:plc:gone" });
    await expect.poll(dead, { timeout: 10_000 }).toBe(3);
    const notices = await stage.db.selectFrom("notices").selectAll().execute();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({
      kind: "task.given-up",
      did: null,
      facts: { task: "note.scribe", reason: "out of ink" },
    });
    expect(JSON.stringify(notices)).not.toContain(secret);
  });

  const dead = async () =>
    (await stage.db.selectFrom("intents").select("id").where("state", "=", "dead").execute()).length;
});
