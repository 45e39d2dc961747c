import { createHash, randomUUID } from "node:crypto";
import { addStrike } from "../../../src/strikes/strikes.js";
import { pauseByOperator } from "../../../src/pds/operator-pauses.js";
import { addWork } from "../../../src/catalogue/catalogue.js";
import type { Endpoint } from "./endpoint.js";
import type { World } from "./world.js";

/** For those whom ADMIN_DIDS names. What their bodies may hold is tested with the commands that send them. */
const answers: Endpoint["answers"] = { nobody: 401, another: 403, admin: 200, owner: 403 };

export const operators: readonly Endpoint[] = [
  { route: "GET /operator/status", answers, ask: () => ({ path: "/operator/status" }) },
  { route: "GET /admin/status", answers, ask: () => ({ path: "/admin/status" }) },
  { route: "GET /operator/actions", answers, ask: () => ({ path: "/operator/actions" }) },
  { route: "GET /operator/alerts", answers, ask: () => ({ path: "/operator/alerts" }) },
  { route: "GET /operator/cost", answers, ask: () => ({ path: "/operator/cost" }) },
  { route: "GET /operator/strikes", answers, ask: () => ({ path: "/operator/strikes" }) },
  {
    route: "POST /operator/strikes",
    answers,
    ask: () => ({
      path: "/operator/strikes",
      body: { task: "notice.send", where: { id: 0 }, because: "a test" },
    }),
  },
  {
    route: "POST /operator/strikes/restore",
    answers,
    ask: async ({ db }) => {
      await addStrike(db, { task: "notice.send", where: { id: 1 }, because: "a test" });
      return { path: "/operator/strikes/restore", body: { task: "notice.send", where: { id: 1 } } };
    },
  },
  {
    route: "POST /operator/pauses",
    answers,
    ask: () => ({
      path: "/operator/pauses",
      body: { scope: "host", name: "nowhere.test", because: "a test", for: "1s" },
    }),
  },
  {
    route: "POST /operator/pauses/resume",
    answers,
    ask: async ({ db }) => {
      await pauseByOperator(db, "host", "elsewhere.test", 60_000, "a test");
      return { path: "/operator/pauses/resume", body: { scope: "host", name: "elsewhere.test" } };
    },
  },
  {
    route: "POST /operator/tasks/:task/schedule",
    answers,
    ask: () => ({
      path: "/operator/tasks/notice.send/schedule",
      body: { payload: { noticeId: randomUUID() } },
    }),
  },
  {
    route: "POST /operator/intents/:id/cancel",
    answers: { ...answers, admin: 404 },
    ask: () => ({ path: `/operator/intents/${randomUUID()}/cancel`, body: { because: "a test" } }),
  },
  {
    route: "POST /operator/adoption",
    answers,
    ask: ({ owner }) => ({ path: "/operator/adoption", body: { did: owner.did } }),
  },
  {
    route: "POST /operator/audit",
    answers,
    ask: ({ owner }) => ({ path: "/operator/audit", body: { did: owner.did, repair: false } }),
  },
  {
    route: "POST /operator/sql",
    answers,
    ask: () => ({ path: "/operator/sql", body: { sql: "select count(*) from records" } }),
  },
  { route: "GET /operator/catalogue", answers, ask: () => ({ path: "/operator/catalogue" }) },
  {
    route: "POST /operator/catalogue",
    answers,
    ask: () => ({ path: "/operator/catalogue", body: { ...heard, sha256: sha256() } }),
  },
  {
    route: "DELETE /operator/catalogue/:id",
    answers,
    ask: async ({ db }) => {
      const fingerprint = new Uint32Array(9);
      const { id } = await addWork(db, { ...heard, fingerprint, sha256: sha256() });
      return { path: `/operator/catalogue/${String(id)}` };
    },
  },
  { route: "GET /operator/scans", answers, ask: () => ({ path: "/operator/scans" }) },
  {
    route: "POST /operator/scans/decide",
    answers,
    ask: async (world) => {
      const { db, owner } = world;
      const { id: scan } = await db
        .insertInto("copyright_scans")
        .values({
          track_id: await world.track(),
          artist_did: owner.did,
          state: "flagged",
          settled_at: new Date(),
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      return { path: "/operator/scans/decide", body: { scan, decision: "keep", because: "It is theirs" } };
    },
  },
  {
    route: "POST /operator/scans/again",
    answers,
    ask: () => ({ path: "/operator/scans/again", body: { which: "failed" } }),
  },
  { route: "GET /operator/dead", answers, ask: () => ({ path: "/operator/dead" }) },
  {
    route: "POST /operator/dead/discard",
    answers,
    ask: () => ({ path: "/operator/dead/discard", body: { task: "nothing" } }),
  },
  { route: "POST /operator/dead/replay", answers, ask: () => ({ path: "/operator/dead/replay", body: {} }) },
  ...["GET /operator/dead/:id", "POST /operator/dead/:id/replay", "DELETE /operator/dead/:id"].map(
    (route): Endpoint => ({
      route,
      answers,
      ask: async (world) => ({
        path: route.slice(route.indexOf(" ") + 1).replace(":id", await deadLetter(world)),
      }),
    }),
  ),
];

const heard = { title: "A work", artist: "Somebody", seconds: 20, audible: 1, fingerprint: "AAAAAA==" };

function sha256(): string {
  return createHash("sha256").update(randomUUID()).digest("hex");
}

/** Work that was given up, and that does nothing when it is done after all. */
async function deadLetter({ db }: World): Promise<string> {
  const { id } = await db
    .insertInto("intents")
    .values({
      ...{
        task: "track.withdraw",
        payload: JSON.stringify({ trackId: 1_000_000 }),
        subject: "withdraw:1000000",
      },
      ...{ state: "dead", reason: "given up for a test" },
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}
