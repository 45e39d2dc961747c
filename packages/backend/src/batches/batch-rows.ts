import { sql, type Kysely, type RawBuilder } from "kysely";
import type { RecordState, Schema } from "../database/schema.js";
import type { PdsRecord } from "../records/pds-record.js";
import type { BatchItem } from "./batch-item.js";

/**
 * The steps of `records/pds-record.ts` for many records at once, by the same rules: only the holder of a record's lease
 * changes its row, and a newer wish is not overtaken.
 */

export async function readRecords(db: Kysely<Schema>, ids: readonly string[]): Promise<PdsRecord[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom("pds_records")
    .selectAll()
    .select(sql<number | null>`(extract(epoch from now() - sent_at) * 1000)::float8`.as("sent_age_ms"))
    .where("id", "in", ids)
    .execute();
}

/**
 * As `markSent`. @returns the ids of the records that may leave: the leases of the others are somebody else's by now
 *
 * @param settle milliseconds
 */
export async function markSent(
  db: Kysely<Schema>,
  items: readonly BatchItem[],
  settle: number,
): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    update pds_records record set
      may_exist = record.may_exist or record.wish is not null,
      sent_version = case when record.sent_at > now() - ${settle}::float8 * interval '1 millisecond'
        then least(record.sent_version, item.version) else item.version end,
      sent_at = now()
    from ${held(items)}
    returning record.id
  `.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/**
 * As `markAnswered`: the writes have been answered; what was unanswered before them still is.
 *
 * @param untouched the PDS certainly didn't apply them
 */
export async function markAnswered(
  db: Kysely<Schema>,
  items: readonly BatchItem[],
  untouched: boolean,
): Promise<void> {
  await sql`
    update pds_records record set sent_at = item.sent_at, sent_version = item.sent_version,
      may_exist = case when ${untouched}::boolean then item.may_exist else record.may_exist end,
      state = case when not ${untouched}::boolean and record.wish_version = item.version then 'writing' else record.state end,
      reason = case when not ${untouched}::boolean and record.wish_version = item.version then null else record.reason end
    from ${held(items)}
  `.execute(db);
}

/** What the PDS has of a record now. */
export interface Confirmation {
  readonly item: BatchItem;
  /** Null: it is gone. */
  readonly cid: string | null;
  /** An earlier try of this run may still take effect: the row keeps that. */
  readonly doubtful: boolean;
}

/**
 * As `confirm`. @returns the ids of the records whose outcome was recorded, and whether they are as wished by now; the
 * leases of the others are somebody else's
 */
export async function confirm(
  db: Kysely<Schema>,
  confirmations: readonly Confirmation[],
): Promise<Map<string, { asWished: boolean }>> {
  if (confirmations.length === 0) return new Map();
  const { rows } = await sql<{ id: string; as_wished: boolean }>`
    update pds_records record set
      confirmed_version = item.version,
      confirmed_cid = item.cid,
      confirmed_wish = case when record.wish_version = item.version then null else item.wish end,
      confirmed_at = now(),
      may_exist = item.cid is not null,
      sent_at = case when item.doubtful then record.sent_at else item.sent_at end,
      sent_version = case when item.doubtful then record.sent_version else item.sent_version end,
      state = case when record.wish_version = item.version then 'confirmed' else 'writing' end,
      state_since = now(),
      reason = null,
      deferrals = 0
    from ${held(
      confirmations.map(({ item }) => item),
      confirmations,
    )}
    returning record.id, record.wish_version = item.version as as_wished
  `.execute(db);
  return new Map(rows.map(({ id, as_wished }) => [id, { asWished: as_wished }]));
}

/** As `defer`. @returns the most deferrals in a row that there have been; 0: nothing was changed */
export async function defer(
  db: Kysely<Schema>,
  items: readonly BatchItem[],
  { state, reason }: { state: RecordState; reason: string },
): Promise<number> {
  const { rows } = await sql<{ deferrals: number }>`
    update pds_records record set
      state = ${state}, reason = ${reason},
      state_since = case when record.state = ${state} then record.state_since else now() end,
      deferrals = record.deferrals + 1
    from ${held(items)} and record.wish_version = item.version
    returning record.deferrals
  `.execute(db);
  return rows.reduce((most, { deferrals }) => Math.max(most, deferrals), 0);
}

/** Says beside all open writes of a person in a collection what they wait for. Those that wait already keep their reason. */
export async function explainWait(
  db: Kysely<Schema>,
  did: string,
  collection: string,
  reason: string,
): Promise<void> {
  await db
    .updateTable("pds_records")
    .set({ state: "waiting", reason, state_since: sql`now()` })
    .where("did", "=", did)
    .where("collection", "=", collection)
    .whereRef("confirmed_version", "<", "wish_version")
    .where("awaits", "is", null)
    .where("state", "=", "writing")
    .execute();
}

/** Has all open writes of a person in a collection wait for a sign-in. */
export async function parkAll(
  db: Kysely<Schema>,
  did: string,
  collection: string,
  reason: string,
): Promise<void> {
  await db
    .updateTable("pds_records")
    .set({ state: "needs-sign-in", reason, state_since: sql`now()` })
    .where("did", "=", did)
    .where("collection", "=", collection)
    .whereRef("confirmed_version", "<", "wish_version")
    .where("awaits", "is", null)
    .where("state", "in", ["writing", "waiting"])
    .execute();
}

/** Has these records go by themselves, until somebody wishes something else of them. */
export async function setApart(
  db: Kysely<Schema>,
  apart: readonly { readonly item: BatchItem; readonly doubtful: boolean }[],
): Promise<void> {
  await sql`
    update pds_records record set apart_version = item.version,
      sent_at = case when item.doubtful then record.sent_at else item.sent_at end,
      sent_version = case when item.doubtful then record.sent_version else item.sent_version end,
      may_exist = case when item.doubtful then record.may_exist else item.may_exist end
    from ${held(
      apart.map(({ item }) => item),
      apart.map(({ item, doubtful }) => ({ item, doubtful, cid: null })),
    )}
  `.execute(db);
}

/** Ends intents that have been carried out. */
export async function closeIntents(db: Kysely<Schema>, ids: readonly string[]): Promise<void> {
  if (ids.length > 0)
    await db.deleteFrom("intents").where("id", "in", ids).where("state", "=", "open").execute();
}

/** The rows of these items, as long as their leases are ours: what comes after `from` in an update. */
function held(items: readonly BatchItem[], outcomes: readonly Confirmation[] = []): RawBuilder<unknown> {
  const rows = items.map(({ record, subject, token }, index) => ({
    id: record.id,
    version: record.wish_version,
    wish: record.wish,
    sent_at: record.sent_at,
    sent_version: record.sent_version,
    may_exist: record.may_exist,
    subject,
    token,
    cid: outcomes[index]?.cid ?? null,
    doubtful: outcomes[index]?.doubtful ?? false,
  }));
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as item (
      id uuid, version integer, wish jsonb, sent_at timestamptz, sent_version integer, may_exist boolean,
      subject text, token uuid, cid text, doubtful boolean)
    where record.id = item.id and exists (
      select 1 from subject_leases lease where lease.subject = item.subject and lease.token = item.token)`;
}
