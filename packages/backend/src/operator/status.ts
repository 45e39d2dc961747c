import { withoutIds } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { leftOutOf, readLeftOut } from "../monitoring/left-out.js";
import { troubledScans } from "../operating/facts.js";
import { readStrikes } from "../strikes/strikes.js";

const counts = z.record(z.string(), z.int());
const time = z.string();

/** Of one task in one queue. */
export const taskStatus = z.object({
  /** `docket`, or `in process`: of this very process. */
  queue: z.string(),
  task: z.string(),
  waiting: z.int(),
  delayed: z.int(),
  running: z.int(),
  held: z.int(),
  blocked: z.int(),
  aside: z.int(),
  oldestWaitingAt: time.nullable(),
  oldestRunningAt: time.nullable(),
  /** Runs that ended in the last five minutes. */
  ended: z.object({ done: z.int(), failed: z.int(), putOff: z.int(), dead: z.int() }),
});

const workerStatus = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  version: z.string().nullable(),
  startedAt: time.nullable(),
  seenAt: time,
  aliveUntil: time,
  tasks: z.int(),
});

const concern = z.object({
  id: z.string(),
  severity: z.enum(["error", "warning"]),
  words: z.string(),
  since: time.nullable(),
  /** How much of it there is, where it can grow. */
  size: z.int().optional(),
});

/** What `GET /operator/status` answers. Times are ISO 8601. */
export const status = z.object({
  people: z.int(),
  /** People whose PDS does not accept our permission any more. */
  needSignIn: z.int(),
  /** At most 50 of them. */
  signIns: z.array(z.object({ did: z.string(), since: time, reason: z.string().nullable() })),
  /** By state. */
  records: counts,
  /** Accepted and not carried out yet, by task. */
  open: counts,
  outbox: z.object({
    oldestAt: time.nullable(),
    /** Of the oldest 100: how many some queue has. */
    handedOver: z.int(),
    notHandedOver: z.int(),
  }),
  /** Copyright scans that are put off because something is in the way; null: none. */
  scans: z.object({ count: z.int(), reason: z.string(), since: time }).nullable(),
  /** Given up, by task. */
  dead: counts,
  /** The newest 5,000 of those by task and reason, without numbers and ids. */
  deadGroups: z.array(
    z.object({ task: z.string(), error: z.string(), count: z.int(), newest: z.uuid(), newestAt: time }),
  ),
  docket: z.object({
    mode: z.string(),
    evictionPolicy: z.string().nullable(),
    version: z.string().nullable(),
    /** More than 500 tasks were in one place: the counts are reckoned from the first 500. */
    estimated: z.boolean(),
  }),
  tasks: z.array(taskStatus),
  workers: z.array(workerStatus),
  strikes: z.array(
    z.object({ task: z.string(), where: z.record(z.string(), z.json()), because: z.string(), since: time }),
  ),
  /** At most 100. */
  paused: z.array(
    z.object({
      scope: z.string(),
      name: z.string(),
      cause: z.string(),
      until: time,
      reason: z.string(),
      since: time,
    }),
  ),
  /** What of the last hour is not among the records, by process. */
  leftOut: z.array(leftOutOf),
  concerns: z.array(concern),
});
export type Status = z.infer<typeof status>;

type Kept = Omit<Status, "docket" | "tasks" | "workers" | "concerns" | "outbox"> & {
  readonly oldest: readonly { readonly id: string; readonly at: string }[];
};

/** What the database knows. */
export async function readStatus(db: Kysely<Schema>): Promise<Kept> {
  const number = sql<number>`count(*)::integer`.as("count");
  const [people, lost, lostCount, records, intents, groups, oldest, scans, strikes, paused, leftOut] =
    await Promise.all([
      db.selectFrom("people").select(number).executeTakeFirstOrThrow(),
      db
        .selectFrom("oauth_grants")
        .select(["did", "lost_at", "lost_reason"])
        .where("lost_at", "is not", null)
        .orderBy("lost_at")
        .limit(50)
        .execute(),
      db.selectFrom("oauth_grants").select(number).where("lost_at", "is not", null).executeTakeFirstOrThrow(),
      db.selectFrom("pds_records").select(["state", number]).groupBy("state").execute(),
      db.selectFrom("intents").select(["state", "task", number]).groupBy(["state", "task"]).execute(),
      deadGroups(db),
      db
        .selectFrom("intents")
        .select(["id", "created_at"])
        .where("state", "=", "open")
        .orderBy("created_at")
        .limit(100)
        .execute(),
      troubledScans(db),
      readStrikes(db),
      db
        .selectFrom("pds_holds")
        .select(["scope", "name", "cause", "until", "reason", "since"])
        .where("cause", "!=", "over")
        .orderBy("since")
        .limit(100)
        .execute(),
      readLeftOut(db),
    ]);
  const ofState = (state: "open" | "dead") =>
    Object.fromEntries(intents.filter((row) => row.state === state).map(({ task, count }) => [task, count]));
  return {
    people: people.count,
    needSignIn: lostCount.count,
    signIns: lost.map(({ did, lost_at, lost_reason }) => ({
      ...{ did, reason: lost_reason },
      since: (lost_at ?? new Date()).toISOString(),
    })),
    records: Object.fromEntries(records.map(({ state, count }) => [state, count])),
    open: ofState("open"),
    oldest: oldest.map(({ id, created_at }) => ({ id, at: created_at.toISOString() })),
    scans,
    dead: ofState("dead"),
    deadGroups: groups,
    leftOut,
    strikes: strikes.map((strike) => ({ ...strike, since: strike.since.toISOString() })),
    paused: paused.map((hold) => ({
      ...hold,
      until: hold.until.toISOString(),
      since: hold.since.toISOString(),
    })),
  };
}

async function deadGroups(db: Kysely<Schema>): Promise<Status["deadGroups"]> {
  const rows = await db
    .selectFrom("intents")
    .select(["id", "task", "reason", "created_at"])
    .where("state", "=", "dead")
    .orderBy("created_at", "desc")
    .limit(5_000)
    .execute();
  const groups = Map.groupBy(rows, ({ task, reason }) =>
    JSON.stringify([task, withoutIds(reason ?? "without a reason")]),
  );
  return [...groups.values()]
    .flatMap((group) => {
      const [newest] = group;
      if (newest === undefined) return [];
      const error = withoutIds(newest.reason ?? "without a reason");
      const newestAt = newest.created_at.toISOString();
      return [{ task: newest.task, error, count: group.length, newest: newest.id, newestAt }];
    })
    .sort((one, other) => other.count - one.count);
}
