import { z } from "zod";
import type { RecordContent } from "../database/schema.js";
import { PdsRefusal } from "../pds/refusal.js";
import type { Homes } from "./homes.js";

/** A record as it is in its owner's repository. */
export interface RepositoryRecord {
  /** NSID. */
  readonly collection: string;
  readonly rkey: string;
  readonly cid: string;
  /** As JSON: a blob or a link is what a PDS takes it as, `{"$type": "blob", …}` or `{"$link": …}`. */
  readonly value: RecordContent;
}

/** Reads people's repositories as anybody may: they are public, and no grant is needed for it. */
export interface RepositoryReader {
  /**
   * All records of these collections, once each, collection by collection, a page at a time. What is written meanwhile
   * may be among them or not.
   *
   * @throws {HomeUnknown}, {PdsRefusal}, and what `fetch` fails with: `classify` takes them apart
   */
  readRepository(
    did: string,
    collections: readonly string[],
    signal: AbortSignal,
  ): AsyncIterable<RepositoryRecord>;
  /** One record as it is now; null when it is not there. @throws as `readRepository` does */
  readRecord(
    address: { readonly did: string; readonly collection: string; readonly rkey: string },
    signal: AbortSignal,
  ): Promise<RepositoryRecord | null>;
}

export interface RepositoryReaderOptions {
  readonly homes: Pick<Homes, "homeOf">;
  /** Guarded: the PDS's address comes from the person. It also bounds the size of an answer and its time. */
  readonly fetch: typeof globalThis.fetch;
  /** Some hosts refuse a client that doesn't name itself. Default `plyr`. */
  readonly userAgent?: string;
  /** Records of one collection, at most; default a million. A PDS that goes on for ever must not keep us for ever. */
  readonly most?: number;
}

/** As many as `listRecords` gives. */
const PAGE = 100;

const record = z.object({ uri: z.string(), cid: z.string(), value: z.record(z.string(), z.json()) });
const page = z.object({ records: z.array(record), cursor: z.string().optional() });
const xrpcError = z.object({ error: z.string(), message: z.string().optional() });

export function openRepositoryReader(options: RepositoryReaderOptions): RepositoryReader {
  const { homes, userAgent = "plyr", most = 1_000_000 } = options;

  async function ask(
    home: string,
    method: string,
    query: Record<string, string>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const url = new URL(`/xrpc/${method}?${new URLSearchParams(query).toString()}`, home);
    const headers = { accept: "application/json", "user-agent": userAgent };
    const response = await options.fetch(url, { headers, signal, redirect: "error" });
    const body = jsonOf(await response.text());
    if (response.ok) return body;
    const said = xrpcError.safeParse(body);
    throw new PdsRefusal(response.status, response.headers, said.data?.error, said.data?.message);
  }

  async function* readCollection(
    home: string,
    did: string,
    collection: string,
    signal: AbortSignal,
  ): AsyncGenerator<RepositoryRecord> {
    let cursor: string | undefined;
    let read = 0;
    do {
      const query = {
        repo: did,
        collection,
        limit: String(PAGE),
        ...(cursor === undefined ? {} : { cursor }),
      };
      const answer = page.parse(await ask(home, "com.atproto.repo.listRecords", query, signal));
      for (const { uri, cid, value } of answer.records) {
        yield { collection, rkey: uri.slice(uri.lastIndexOf("/") + 1), cid, value };
      }
      read += answer.records.length;
      if (read > most) throw new Error(`${did} has more than ${String(most)} records of ${collection}`);
      // Some PDSs give a cursor with the last page, and the same one for ever with an empty page.
      cursor = answer.records.length === 0 || answer.cursor === cursor ? undefined : answer.cursor;
    } while (cursor !== undefined);
  }

  return {
    async *readRepository(did, collections, signal) {
      const home = await homes.homeOf(did, signal);
      for (const collection of new Set(collections)) yield* readCollection(home, did, collection, signal);
    },

    async readRecord({ did, collection, rkey }, signal) {
      const home = await homes.homeOf(did, signal);
      try {
        const query = { repo: did, collection, rkey };
        const { cid, value } = record.parse(await ask(home, "com.atproto.repo.getRecord", query, signal));
        return { collection, rkey, cid, value };
      } catch (error) {
        if (error instanceof PdsRefusal && error.error === "RecordNotFound") return null;
        throw error;
      }
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON means not an XRPC answer; the status still says what there is to say.
    return undefined;
  }
}
