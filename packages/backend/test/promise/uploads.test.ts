import { readFile, readdir } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { until, xrpc, type Visitor } from "@plyr/dev";
import { sql, type Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Schema } from "../../src/database/schema.js";
import { makeAudio } from "../tracks/audio.js";
import type { Serving } from "./serving.js";
import { setStage, type Stage } from "./stage.js";

const MiB = 1024 * 1024;
const uploadBlob = xrpc("com.atproto.repo.uploadBlob");
const accepted = z.object({ upload: z.object({ id: z.string() }), track: z.object({ id: z.number() }) });

let stage: Stage;
let db: Kysely<Schema>;
beforeAll(async () => {
  stage = await setStage();
  db = stage.db ?? expect.fail("this stage has a database of its own");
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const HEAD = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';
const TAIL = "\r\n--b--\r\n";

/** Begins an upload whose content the test sends itself. */
function begin({ url }: Serving, visitor: Visitor) {
  const asking = request(`${url}/tracks/`, {
    method: "POST",
    agent: false,
    headers: {
      cookie: `plyr_session=${visitor.cookie("plyr_session") ?? ""}`,
      "content-type": "multipart/form-data; boundary=b",
    },
  });
  const answer = new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    asking.once("error", reject);
    asking.once("response", (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.once("end", () => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
      });
    });
  });
  asking.write(HEAD);
  return { asking, answer };
}

async function upload(serving: Serving, visitor: Visitor, content: Iterable<Buffer>): Promise<string> {
  const { asking, answer } = begin(serving, visitor);
  for (const chunk of content) {
    if (!asking.write(chunk)) await new Promise((resolve) => asking.once("drain", resolve));
  }
  asking.end(TAIL);
  return accepted.parse((await answer).body).upload.id;
}

function phaseOf(id: string) {
  return db.selectFrom("uploads").select(["phase", "reason"]).where("id", "=", id).executeTakeFirst();
}

async function stored(): Promise<string[]> {
  const entries = await readdir(join(stage.dataDir, "storage"), { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
}

test("a worker killed while it sends the audio: once the service is back, the track is on the PDS", async () => {
  const first = await stage.serve();
  const visitor = await stage.signIn(first);
  const standing = stage.gate.holdRequest(uploadBlob);
  const id = await upload(first, visitor, [await makeAudio("mp3", 3)]);
  const held = await standing;
  await first.program.kill();
  held.drop();
  expect((await phaseOf(id))?.phase).toBe("sending");
  const second = await stage.serve();
  await until("the track is on the PDS", async () => (await phaseOf(id))?.phase === "done", {
    within: 60_000,
  });
  const records = await db
    .selectFrom("tracks")
    .innerJoin("pds_records", "pds_records.id", "tracks.record_id")
    .select(["state", "blob"])
    .where("artist_did", "=", stage.listener)
    .execute();
  expect(records).toMatchObject([{ state: "confirmed", blob: { mimeType: "audio/mpeg" } }]);
  await second.program.close();
}, 120_000);

test("a service killed while it takes a file in: the next one clears away what is left and tells the owner", async () => {
  const before = await stored();
  const first = await stage.serve();
  const { asking, answer } = begin(first, await stage.signIn(first));
  answer.catch(() => undefined);
  asking.write(Buffer.alloc(MiB));
  await until("some of it is in the storage", async () => (await stored()).length === before.length + 1);
  await first.program.kill();
  expect(await stored()).toHaveLength(before.length + 1);
  await db
    .updateTable("uploads")
    .set({ touched_at: sql`now() - interval '6 minutes'` })
    .where("phase", "=", "receiving")
    .execute();
  const second = await stage.serve();
  await until("it is cleared away", async () => (await stored()).length === before.length);
  const failed = await db.selectFrom("uploads").select("reason").where("phase", "=", "failed").execute();
  expect(failed.map(({ reason }) => reason)).toEqual([
    "The upload broke off: the service was restarted in the middle of it. Upload the file again.",
  ]);
  await second.program.close();
}, 120_000);

test("a file much larger than the memory it may take goes through: 480 MiB", async () => {
  const serving = await stage.serve();
  const visitor = await stage.signIn(serving);
  const peak = async (): Promise<number> => {
    const status = await readFile(`/proc/${String(serving.program.pid)}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
  };
  // What the code itself and its buffers take, whatever the size.
  await upload(serving, visitor, wavOf(128 * MiB));
  const before = await peak();
  const id = await upload(serving, visitor, wavOf(480 * MiB));
  await until("the track is on the PDS", async () => (await phaseOf(id))?.phase === "done", {
    within: 30_000,
  });
  const grown = (await peak()) - before;
  console.log(`uploading 480 MiB: ${String(Math.round(grown / MiB))} MiB more than 128 MiB`);
  // Pieces that the collector has not got round to come and go; the whole file would be 352 MiB more.
  expect(grown).toBeLessThan(192 * MiB);
  await serving.program.close();
}, 180_000);

/** Silence, as a wav of so many bytes. */
function* wavOf(size: number): Generator<Buffer> {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + size, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(44_100, 24);
  head.writeUInt32LE(176_400, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(size, 40);
  yield head;
  for (let sent = 0; sent < size; sent += MiB) yield Buffer.alloc(MiB);
}
