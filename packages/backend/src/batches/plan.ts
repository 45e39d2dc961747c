import { isDeepStrictEqual } from "node:util";
import type { Agent } from "@atproto/api";
import { refusalIn } from "../pds/answer.js";
import type { PdsClient } from "../pds/client.js";
import type { BatchItem, PlannedItem, Write } from "./batch-item.js";

/** Up to this many records are asked for one by one. */
const FEW = 3;
/** Records in one page of `listRecords`. */
const PAGE = 100;
/** Pages beyond those that the records themselves would fill: a repository holds others between them. */
const SPARE_PAGES = 3;

/** A record as the PDS has it. */
interface Present {
  readonly cid: string | undefined;
  readonly value: unknown;
}

/**
 * Chooses for each record between creating, updating and deleting it: `applyWrites` has no put, and one wrong choice
 * fails all. Where only the PDS knows whether the record is there (an answer was lost, say), it is asked.
 *
 * @param asked ask about all of them, because what we know has turned out wrong
 * @throws what `classify` takes apart
 */
export async function plan(
  pds: PdsClient,
  items: readonly BatchItem[],
  signal: AbortSignal,
  asked: "doubtful" | "all" = "doubtful",
): Promise<PlannedItem[]> {
  const doubtful = asked === "all" ? items : items.filter(isDoubtful);
  const present = await whatIsThere(pds, doubtful, signal);
  const isAsked = new Set(doubtful);
  return items.map((item) => ({
    ...item,
    write: isAsked.has(item) ? byWhatIsThere(item, present.get(item.record.rkey)) : byWhatIsKnown(item),
  }));
}

/** Known: it was never sent; or it is confirmed to be there, and every write since has been answered. */
function isDoubtful({ record }: BatchItem): boolean {
  return record.may_exist && (record.confirmed_cid === null || record.sent_at !== null);
}

function byWhatIsKnown({ record: { wish, may_exist } }: BatchItem): Write {
  if (wish === null) return may_exist ? { action: "delete" } : { action: "none", cid: null };
  return { action: may_exist ? "update" : "create", content: wish };
}

function byWhatIsThere({ record: { wish } }: BatchItem, there: Present | undefined): Write {
  if (wish === null) return there === undefined ? { action: "none", cid: null } : { action: "delete" };
  if (there === undefined) return { action: "create", content: wish };
  if (there.cid !== undefined && isDeepStrictEqual(there.value, wish))
    return { action: "none", cid: there.cid };
  return { action: "update", content: wish };
}

async function whatIsThere(
  pds: PdsClient,
  items: readonly BatchItem[],
  signal: AbortSignal,
): Promise<Map<string, Present>> {
  const found = new Map<string, Present>();
  const [first] = items;
  if (first === undefined) return found;
  const { did, collection } = first.record;
  let left = new Set(items.map(({ record }) => record.rkey));
  if (left.size > FEW) left = await sweep(pds, did, collection, left, found, signal);
  for (const rkey of left) {
    const there = await pds.look(did, signal, (agent, limited) => one(agent, did, collection, rkey, limited));
    if (there !== null) found.set(rkey, there);
  }
  return found;
}

/**
 * Goes through the newest records, among which those of a batch mostly are.
 *
 * @returns the rkeys that it can't tell anything of
 */
async function sweep(
  pds: PdsClient,
  did: string,
  collection: string,
  wanted: ReadonlySet<string>,
  found: Map<string, Present>,
  signal: AbortSignal,
): Promise<Set<string>> {
  const left = new Set(wanted);
  let cursor: string | undefined;
  for (let pages = Math.ceil(wanted.size / PAGE) + SPARE_PAGES; pages > 0 && left.size > 0; pages -= 1) {
    const { data } = await pds.look(did, signal, (agent, limited) =>
      agent.com.atproto.repo.listRecords(
        { repo: did, collection, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) },
        { signal: limited },
      ),
    );
    for (const { uri, cid, value } of data.records) {
      const rkey = uri.slice(uri.lastIndexOf("/") + 1);
      if (left.delete(rkey)) found.set(rkey, { cid, value });
    }
    cursor = data.cursor;
    // All of the collection has been seen.
    if (data.records.length === 0 || cursor === undefined) return new Set();
  }
  return left;
}

async function one(
  agent: Agent,
  did: string,
  collection: string,
  rkey: string,
  signal: AbortSignal,
): Promise<Present | null> {
  try {
    const { data } = await agent.com.atproto.repo.getRecord({ repo: did, collection, rkey }, { signal });
    return { cid: data.cid, value: data.value };
  } catch (error) {
    if (refusalIn(error)?.error === "RecordNotFound") return null;
    throw error;
  }
}
