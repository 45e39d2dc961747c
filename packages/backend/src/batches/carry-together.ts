import { RetryAt } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { reopenIntent, type Intent } from "../outbox/intents.js";
import type { Lease } from "../outbox/subject-lease.js";
import { classify } from "../pds/answer.js";
import { pauseAfter, signInPause } from "../records/pauses.js";
import { distrust } from "../records/pds-record.js";
import { SubjectLost, type ReconcileParts } from "../records/reconcile.js";
import { bytesOf, costOf, type BatchItem, type PlannedItem } from "./batch-item.js";
import * as rows from "./batch-rows.js";
import { RECORD_WRITE, type Candidate } from "./crowd.js";
import { plan } from "./plan.js";
import type { Allowance } from "../points/points.js";
import { sendBatch, type SendParts } from "./send.js";
import type { Together } from "../tracing/together.js";

export type TogetherParts = ReconcileParts & SendParts & { readonly together: Together };

/** Writes in one request, at most, as the protocol has it. */
const MOST_WRITES = 200;

/** All of it was overtaken by newer wishes; milliseconds. */
const OVERTAKEN = 1_000;

/** Bytes of one request, at most: a PDS takes 150 KiB. */
const MOST_BYTES = 140 * 1024;

/** What a batch left behind. */
export interface Carried {
  /** Carried out, and so closed. */
  readonly done: readonly string[];
  /** Records that the PDS would not take among others. */
  readonly apart: readonly string[];
  /** Records that were written, and must be once more when an earlier write can't arrive any more; in milliseconds. */
  readonly unsettled: ReadonlyMap<string, number>;
  /** Not enough points for more; null: no lack of them. */
  readonly shortOfPoints: Allowance | null;
}

/**
 * Makes many records of one person and collection equal to their wishes *now*, in one request, and records the outcome
 * beside each row: `reconcile` for many. The same rules hold, record by record, each under its subject's lease.
 *
 * Safe to be killed at any line: what may have been sent is marked before it leaves, and asked about before it is sent again.
 *
 * @param leases of the subjects of these candidates; candidates without one are left alone
 * @throws {RetryAt} the PDS can't be written to now, or its owner must sign in; the rows say which
 * @throws {SubjectLost} leases were lost before the outcome could be recorded
 */
export async function carryTogether(
  parts: TogetherParts,
  found: readonly Candidate[],
  leases: readonly Lease[],
  signal: AbortSignal,
): Promise<Carried> {
  const { db, pds, points, settle, together } = parts;
  const byRecord = Map.groupBy(found, ({ recordId }) => recordId);
  const records = await rows.readRecords(db, [...byRecord.keys()]);
  const items = heldItems(records, byRecord, leases);
  const open = items.filter(({ record }) => record.confirmed_version < record.wish_version);
  const asWished = new Set(items.filter((item) => !open.includes(item)).map(({ record }) => record.id));
  const apart: { item: BatchItem; doubtful: boolean }[] = [];
  const unsettled = new Map<string, number>();
  let shortOfPoints: Allowance | null = null;
  const [first] = open;

  if (first !== undefined) {
    const { did } = first.record;
    const trouble = (hit: readonly BatchItem[], cause: unknown) => recordTrouble(parts, hit, cause);
    const planned = await plan(pds, open, signal).catch(async (error: unknown) => {
      throw signal.aborted ? error : await trouble(open, error);
    });
    const allowance = await points.allowance(did);
    const { batch, tooLarge, exhausted } = pack(planned, allowance.points);
    if (exhausted) shortOfPoints = allowance;
    apart.push(...tooLarge.map((item) => ({ item, doubtful: item.record.may_exist })));
    const leaving = await rows.markSent(db, batch, settle);
    const leave = batch.filter(({ record }) => leaving.has(record.id));
    const carried = leave.flatMap(({ record }) => byRecord.get(record.id) ?? []);
    const sent = await together(
      carried.map(({ traceparent }) => traceparent),
      () => sendBatch(parts, leave, signal),
    );
    apart.push(...sent.apart);

    const settled = sent.confirmed.filter(({ item }) => unsettledFor(settle, item) <= 0);
    const again = sent.confirmed.filter(({ item }) => unsettledFor(settle, item) > 0).map(({ item }) => item);
    for (const item of again) unsettled.set(item.record.id, unsettledFor(settle, item));
    if (again.length > 0) await rows.markAnswered(db, again, false);
    const recorded = await rows.confirm(db, settled);
    for (const [id, outcome] of recorded) if (outcome.asWished) asWished.add(id);
    if (apart.length > 0) await rows.setApart(db, apart);

    const lost = settled.filter(({ item }) => !recorded.has(item.record.id));
    for (const { item } of lost) await doubt(db, item, byRecord.get(item.record.id) ?? []);
    const done = await close(db, byRecord, asWished);
    const { trouble: cause } = sent;
    if (cause !== undefined) throw signal.aborted ? cause : await trouble(sent.left, cause);
    if (lost.length > 0)
      throw new SubjectLost(`the leases of ${String(lost.length)} records of ${did} were lost`);
    return { done, apart: apart.map(({ item }) => item.record.id), unsettled, shortOfPoints };
  }
  return { done: await close(db, byRecord, asWished), apart: [], unsettled, shortOfPoints };
}

/** The records whose subject's lease is held, each once. */
function heldItems(
  records: readonly BatchItem["record"][],
  byRecord: ReadonlyMap<string, readonly Candidate[]>,
  leases: readonly Lease[],
): BatchItem[] {
  const tokens = new Map(leases.map(({ subject, token }) => [subject, token]));
  const known = new Map(records.map((record) => [record.id, record]));
  return [...byRecord].flatMap(([id, [candidate]]) => {
    const record = known.get(id);
    const token = candidate === undefined ? undefined : tokens.get(candidate.subject);
    return record === undefined || candidate === undefined || token === undefined
      ? []
      : [{ record, subject: candidate.subject, token }];
  });
}

/** As many from the front as one request and the points allow: so their order is kept. */
function pack(items: readonly PlannedItem[], points: number) {
  const batch: PlannedItem[] = [];
  const tooLarge: PlannedItem[] = [];
  let bytes = 0;
  let writes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    if (size > MOST_BYTES) {
      tooLarge.push(item);
      continue;
    }
    const isAsked = item.write.action !== "none";
    if (isAsked && costOf([...batch, item]) > points) return { batch, tooLarge, exhausted: true };
    if (isAsked && (writes === MOST_WRITES || bytes + size > MOST_BYTES)) break;
    if (isAsked) {
      writes += 1;
      bytes += size;
    }
    batch.push(item);
  }
  return { batch, tooLarge, exhausted: false };
}

/** See `unsettledFor` in `records/reconcile.ts`. */
function unsettledFor(settle: number, { record }: BatchItem): number {
  const { sent_age_ms, sent_version, wish_version } = record;
  if (sent_age_ms === null || sent_version === wish_version) return 0;
  return Math.ceil(settle - sent_age_ms);
}

/** Whoever took over may have closed the intents before what was done here took effect. */
async function doubt(db: Kysely<Schema>, item: BatchItem, found: readonly Candidate[]): Promise<void> {
  await distrust(db, item.record.id);
  for (const { intentId, payload, subject, traceparent } of found) {
    await reopenIntent(db, { id: intentId, task: RECORD_WRITE, payload, traceparent }, subject);
  }
}

async function close(
  db: Kysely<Schema>,
  byRecord: ReadonlyMap<string, readonly Candidate[]>,
  asWished: ReadonlySet<string>,
): Promise<string[]> {
  const ids = [...asWished].flatMap((id) => byRecord.get(id) ?? []).map(({ intentId }) => intentId);
  await rows.closeIntents(db, ids);
  return ids;
}

/** Records beside each row why a call to the PDS did not work. @returns what the run is to throw */
async function recordTrouble(
  { db, markGrantLost, pauses }: TogetherParts,
  items: readonly BatchItem[],
  cause: unknown,
): Promise<unknown> {
  const [first] = items;
  if (first === undefined) return cause;
  const { did, collection } = first.record;
  const answer = classify(cause);
  const { reason } = answer;
  if (answer.untouched) await rows.markAnswered(db, items, true);
  switch (answer.kind) {
    case "wait": {
      const deferrals = await rows.defer(db, items, { state: "waiting", reason });
      await rows.explainWait(db, did, collection, reason);
      return new RetryAt(answer.pause ?? pauseAfter(deferrals, pauses), reason, { cause });
    }
    case "sign-in": {
      // A grant that only lacks this collection goes on serving the others.
      if (answer.grantLost) await markGrantLost(did, reason);
      const deferrals = await rows.defer(db, items, { state: "needs-sign-in", reason });
      await rows.parkAll(db, did, collection, reason);
      // Newer wishes may need no permission: they are looked at soon.
      return new RetryAt(deferrals === 0 ? OVERTAKEN : signInPause(deferrals), reason, { cause });
    }
    case "refused":
    case "unclear":
      await rows.defer(db, items, { state: "waiting", reason });
      return cause;
  }
}

/** Candidates as intents, to be woken. */
export function asIntents(found: readonly Candidate[]): Intent[] {
  return found.map(({ intentId: id, payload, traceparent }) => ({
    ...{ id, task: RECORD_WRITE, payload, traceparent },
  }));
}
