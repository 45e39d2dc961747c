import { until, xrpc, type GateRequest, type Visitor } from "@plyr/dev";
import { AtpAgent } from "@atproto/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Serving } from "./serving.js";
import { setStage, type Stage } from "./stage.js";

// What the promise allows after a crash.
const LIMIT = 120_000;

let stage: Stage;
let worker: Serving;
let visitor: Visitor;
let path: string;

beforeAll(async () => {
  stage = await setStage();
  visitor = await stage.signIn(await stage.serve("api"));
  worker = await stage.serve("worker");
  path = `/tracks/${String(stage.tracks[0]?.id ?? 0)}/comments`;
  // A process's first call to a PDS is answered with a nonce, and sent again: not what these tests are to hold.
  await say("warming up");
  await agreed(20_000);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const comment = z.object({
  id: z.int(),
  text: z.string(),
  removed: z.boolean(),
  write: z.object({ state: z.string(), uri: z.string() }),
});

async function say(text: string): Promise<number> {
  const reply = await visitor.post(path, { body: { text, timestamp_ms: 0 } });
  return z.object({ comment }).parse(reply.json()).comment.id;
}

const edit = (id: number, text: string) =>
  visitor.send("PATCH", `/tracks/comments/${String(id)}`, { body: { text } });
const takeBack = (id: number) => visitor.delete(`/tracks/comments/${String(id)}`);

const record = z.object({ uri: z.string(), value: z.object({ text: z.string() }) });

async function onPds(): Promise<string[]> {
  const { data } = await new AtpAgent({ service: stage.past }).com.atproto.repo.listRecords({
    repo: stage.listener,
    collection: stage.collections.comment,
    limit: 100,
  });
  return z
    .array(record)
    .parse(data.records)
    .map(({ uri, value }) => `${uri} ${value.text}`)
    .sort();
}

/** Resolves when the PDS has exactly the comments that the service shows, and the service says so. */
async function agreed(within: number): Promise<void> {
  await until(
    "the PDS has exactly what the database wishes",
    async () => {
      const { comments } = z.object({ comments: z.array(comment) }).parse((await visitor.get(path)).json());
      const wished = comments
        .filter(({ removed }) => !removed)
        .map(({ text, write }) => `${write.uri} ${text}`);
      return (
        comments.every(({ removed, write }) => !removed && write.state === "confirmed") &&
        wished.sort().join("\n") === (await onPds()).join("\n")
      );
    },
    { within, every: 100 },
  );
}

const writing =
  (method: "putRecord" | "deleteRecord", word: string) =>
  (request: GateRequest): boolean =>
    xrpc(`com.atproto.repo.${method}`)(request) && request.body.includes(word);

test("a worker killed before, during and after the PDS calls of edits and removals: all as wished, within two minutes", async () => {
  const ids = { never: 0, late: 0, done: 0, gone: 0 };
  for (const name of ["never", "late", "done", "gone"] as const) ids[name] = await say(`${name} 1`);
  await agreed(20_000);
  const gone = (await onPds()).find((line) => line.endsWith("gone 1")) ?? "";
  const rkey = gone.split(" ")[0]?.split("/").at(-1) ?? "";

  const heldNever = stage.gate.holdRequest(writing("putRecord", "never 2"));
  const heldLate = stage.gate.holdRequest(writing("putRecord", "late 2"));
  const heldDone = stage.gate.holdAnswer(writing("putRecord", "done 2"));
  const heldGone = stage.gate.holdAnswer(writing("deleteRecord", rkey));
  await Promise.all([edit(ids.never, "never 2"), edit(ids.late, "late 2"), edit(ids.done, "done 2")]);
  await takeBack(ids.gone);
  const [never, late, done, removal] = await Promise.all([heldNever, heldLate, heldDone, heldGone]);
  await worker.program.kill();

  // Never reached the PDS; reaches it when nobody waits for the answer any more; were done there, and the answers are lost.
  never.drop();
  late.forward();
  done.drop();
  removal.drop();
  // While no worker lives, what is on its way becomes an older version.
  await edit(ids.late, "late 3");
  worker = await stage.serve("worker");
  await agreed(LIMIT);
  expect((await onPds()).map((line) => line.split(" ").slice(1).join(" ")).sort()).toEqual([
    "done 2",
    "late 3",
    "never 2",
    "warming up",
  ]);
}, 240_000);

test("Redis flushed while edits wait in it: they are on the PDS within two minutes", async () => {
  const id = await say("flushed 1");
  await agreed(20_000);
  await worker.program.kill();
  await edit(id, "flushed 2");
  await stage.redis.flush();
  worker = await stage.serve("worker");
  await agreed(LIMIT);
  expect((await onPds()).some((line) => line.endsWith("flushed 2"))).toBe(true);
}, 180_000);
