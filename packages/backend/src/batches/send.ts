import type { PdsClient } from "../pds/client.js";
import { refusalIn } from "../pds/answer.js";
import type { Points } from "../points/points.js";
import { costOf, type PlannedItem } from "./batch-item.js";
import type { Confirmation } from "./batch-rows.js";
import { plan } from "./plan.js";

export interface SendParts {
  readonly pds: PdsClient;
  readonly points: Points;
}

/** An item that is to go by itself. */
export interface Doubted {
  readonly item: PlannedItem;
  /** A try may still take effect. */
  readonly doubtful: boolean;
}

/** What became of each item of a batch. */
export interface Sent {
  readonly confirmed: Confirmation[];
  /** They are what the PDS would not take: each is to go by itself, and so get a reason of its own. */
  readonly apart: Doubted[];
  /** Nothing is known of them, because of `trouble`. */
  readonly left: PlannedItem[];
  trouble?: unknown;
}

/** So many that are set apart are enough: what is still with them then goes by itself too, rather than be halved on and on. */
const ENOUGH_APART = 3;

/**
 * Sends a batch. Does the PDS refuse it, every item is asked about (one record that is there, or isn't, where we thought
 * otherwise, fails all), and then the batch is halved until what is wrong is found. All else that goes wrong ends it.
 *
 * @param items of one person and collection; small enough for one request
 * @returns never fails: the trouble is part of it, beside what was written before
 */
export async function sendBatch(
  parts: SendParts,
  items: readonly PlannedItem[],
  signal: AbortSignal,
): Promise<Sent> {
  const sent: Sent = { confirmed: [], apart: [], left: [] };
  const doubtful = await attempt(parts, items, sent, signal, false);
  if (doubtful === null) return sent;
  try {
    const planned = await plan(parts.pds, items, signal, "all");
    await halves(parts, planned, items, sent, signal, doubtful);
  } catch (error) {
    // Only the questions can fail here: what was sent has its outcome already.
    sent.left.push(...items);
    sent.trouble = error;
  }
  return sent;
}

async function halves(
  parts: SendParts,
  items: readonly PlannedItem[],
  before: readonly PlannedItem[],
  sent: Sent,
  signal: AbortSignal,
  doubtful: boolean,
): Promise<void> {
  const changed = items.some((item, index) => item.write.action !== before[index]?.write.action);
  if (changed) {
    const still = await attempt(parts, items, sent, signal, doubtful);
    if (still === null) return;
    doubtful ||= still;
  }
  await split(parts, items, sent, signal, doubtful);
}

/** What has been refused as a whole: one item is what is wrong, several are two halves. */
async function split(
  parts: SendParts,
  items: readonly PlannedItem[],
  sent: Sent,
  signal: AbortSignal,
  doubtful: boolean,
): Promise<void> {
  if (sent.trouble !== undefined) {
    sent.left.push(...items);
    return;
  }
  if (items.length <= 1 || sent.apart.length >= ENOUGH_APART) {
    sent.apart.push(...items.map((item) => ({ item, doubtful })));
    return;
  }
  const middle = Math.ceil(items.length / 2);
  for (const half of [items.slice(0, middle), items.slice(middle)]) {
    const still = await attempt(parts, half, sent, signal, doubtful);
    if (still !== null) await split(parts, half, sent, signal, doubtful || still);
  }
}

/**
 * One request. @returns null when these items are settled, or can't be for trouble; else the PDS would not take them, and
 * whether they might still take effect
 */
async function attempt(
  { pds, points }: SendParts,
  items: readonly PlannedItem[],
  sent: Sent,
  signal: AbortSignal,
  doubtful: boolean,
): Promise<boolean | null> {
  if (sent.trouble !== undefined) {
    sent.left.push(...items);
    return null;
  }
  const asked: PlannedItem[] = [];
  const idle: PlannedItem[] = [];
  for (const item of items) (item.write.action === "none" ? idle : asked).push(item);
  try {
    const cids = asked.length === 0 ? [] : await request(pds, points, asked, signal);
    for (const [index, item] of asked.entries()) {
      sent.confirmed.push({ item, cid: cids[index] ?? null, doubtful });
    }
    for (const item of idle) {
      sent.confirmed.push({ item, cid: item.write.action === "none" ? item.write.cid : null, doubtful });
    }
    return null;
  } catch (error) {
    if (!signal.aborted && blamesContent(error)) return refusalIn(error)?.status === 500;
    sent.left.push(...items);
    sent.trouble = error;
    return null;
  }
}

/** @returns the CIDs, in the order of the items; null for what was deleted */
async function request(
  pds: PdsClient,
  points: Points,
  items: readonly PlannedItem[],
  signal: AbortSignal,
): Promise<(string | null)[]> {
  const [first] = items;
  if (first === undefined) return [];
  const { did } = first.record;
  await points.spend(did, costOf(items));
  const answer = await pds.as(did, signal, async (agent, limited) => {
    try {
      const writes = items.map(asOperation);
      const { data } = await agent.com.atproto.repo.applyWrites({ repo: did, writes }, { signal: limited });
      return { results: data.results ?? [] };
    } catch (refusal) {
      // It is about these records: nobody is to take the PDS for being in trouble.
      if (blamesContent(refusal)) return { refusal };
      throw refusal;
    }
  });
  if ("refusal" in answer) throw answer.refusal;
  const { results } = answer;
  return items.map(({ write, record }, index) => {
    if (write.action === "delete") return null;
    const result = results[index];
    if (result === undefined || !("cid" in result) || typeof result.cid !== "string") {
      throw new Error(`the PDS did not say what it made of ${record.rkey}: asking again`);
    }
    return result.cid;
  });
}

function asOperation({ record: { collection, rkey }, write }: PlannedItem) {
  switch (write.action) {
    case "create":
      return { $type: OPERATION.create, collection, rkey, value: write.content };
    case "update":
      return { $type: OPERATION.update, collection, rkey, value: write.content };
    case "delete":
    case "none":
      return { $type: OPERATION.delete, collection, rkey };
  }
}

const OPERATION = {
  create: "com.atproto.repo.applyWrites#create",
  update: "com.atproto.repo.applyWrites#update",
  delete: "com.atproto.repo.applyWrites#delete",
} as const;

/**
 * Whether the PDS said no to what it was asked for, rather than being in trouble. A wrong choice between creating and updating
 * is answered with an XRPC error of status 500.
 */
function blamesContent(error: unknown): boolean {
  const refusal = refusalIn(error);
  if (refusal === undefined) return false;
  if (refusal.status === 413) return true;
  return refusal.error !== undefined && BLAMES.has(refusal.error);
}

const BLAMES = new Set(["InvalidRequest", "InvalidRecord", "InternalServerError"]);
