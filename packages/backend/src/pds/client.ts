import type { Readable } from "node:stream";
import { Agent } from "@atproto/api";
import { z } from "zod";
import type { RecordContent } from "../database/schema.js";
import type { Use } from "./holds.js";
import type { Pacing, Passage } from "./pacing.js";
import { readBlob, type NamedBlob } from "./read-blob.js";
import { PdsRefusal } from "./refusal.js";
import { sendBlob, type OutgoingBlob } from "./send-blob.js";
import type { PdsSession } from "./session.js";

export type { PdsSession } from "./session.js";

/** Which record, in whose repository. */
export interface RecordAddress {
  readonly did: string;
  readonly collection: string;
  readonly rkey: string;
}

export interface PdsClientOptions {
  /** Fails with the OAuth library's own errors, so that `classify` can tell them apart. */
  readonly restore: (did: string) => Promise<PdsSession>;
  /** Says whether a call may be made, and hears what became of it. */
  readonly pacing: Pacing;
  /** How long one call may take, session refresh included; milliseconds, default 15,000. */
  readonly limit?: number;
  /** Default `plyr`; some hosts refuse a client that doesn't name itself. */
  readonly userAgent?: string;
}

const xrpcError = z.object({ error: z.string(), message: z.string().optional() });

/** A file gets more time than a record: a minute, and then as long as it takes at this rate; bytes per millisecond. */
const SLOWEST_BLOB = 128;

/**
 * Writes records to people's PDSs, each as that person. Only `putRecord` at a known rkey, `deleteRecord` and
 * `uploadBlob`: all of them leave the same behind when they are done twice. Reads what files records name.
 */
export class PdsClient {
  readonly #options: PdsClientOptions;

  constructor(options: PdsClientOptions) {
    this.#options = options;
  }

  /**
   * @returns the CID that the PDS gave the record
   * @throws what `classify` takes apart; `signal`'s reason when it is aborted
   */
  async put(address: RecordAddress, content: RecordContent, signal: AbortSignal): Promise<string> {
    return this.#call(address.did, signal, async (agent, limited) => {
      const { did, collection, rkey } = address;
      const { data } = await agent.com.atproto.repo.putRecord(
        { repo: did, collection, rkey, record: content },
        { signal: limited },
      );
      return data.cid;
    });
  }

  /** A record that is not there is no error. @throws as `put` does */
  async delete(address: RecordAddress, signal: AbortSignal): Promise<void> {
    await this.#call(address.did, signal, async (agent, limited) => {
      const { did, collection, rkey } = address;
      await agent.com.atproto.repo.deleteRecord({ repo: did, collection, rkey }, { signal: limited });
    });
  }

  /**
   * Sends a file. The PDS throws it away unless a record names it soon.
   *
   * @returns the reference for that record
   * @throws as `put` does; {PdsRefusal} with status 413 when the PDS takes no file of this size
   */
  async uploadBlob(did: string, blob: OutgoingBlob, signal: AbortSignal): Promise<RecordContent> {
    return this.#inTime(did, "upload", signal, blobLimit(blob.size), (session, limited, passage) =>
      sendBlob(
        session,
        blob,
        (path, init) => this.#fetch(session, passage, path, { ...init, signal: limited }),
        (error) => error instanceof PdsRefusal && error.status === 401,
      ),
    );
  }

  /** Calls of other kinds, as that person, under the same rules. @throws as `put` does */
  async as<T>(
    did: string,
    signal: AbortSignal,
    work: (agent: Agent, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#call(did, signal, work);
  }

  /**
   * Reads what there is to know before a write. A host that is tried because it had been away is not taken for working by
   * that: its writes may still fail.
   *
   * @throws as `put` does
   */
  async look<T>(
    did: string,
    signal: AbortSignal,
    work: (agent: Agent, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const limit = this.#options.limit ?? 15_000;
    return this.#inTime(did, "read", signal, limit, async (session, limited, passage) => {
      const proven = { ...passage, answered: true };
      const agent = new Agent({
        did,
        fetchHandler: (path, init) => this.#fetch(session, proven, path, init),
      });
      const found = await work(agent, limited);
      await this.#options.pacing.abandoned(passage);
      return found;
    });
  }

  /**
   * Reads a file that a record of this person names.
   *
   * @param take gets what comes, checked against the name only at its end, and must read it there and then
   * @throws as `put` does; {WrongBlob}; what `take` throws
   */
  async readBlob<T>(
    did: string,
    blob: NamedBlob,
    take: (content: Readable) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#inTime(did, "read", signal, blobLimit(blob.size), (session, limited, passage) =>
      readBlob(
        did,
        blob,
        (path) => this.#fetch(session, passage, path, { method: "GET", signal: limited }),
        take,
      ),
    );
  }

  async #call<T>(
    did: string,
    signal: AbortSignal,
    work: (agent: Agent, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#inTime(did, "record", signal, this.#options.limit ?? 15_000, (session, limited, passage) =>
      work(
        new Agent({ did, fetchHandler: (path, init) => this.#fetch(session, passage, path, init) }),
        limited,
      ),
    );
  }

  async #inTime<T>(
    did: string,
    use: Use,
    signal: AbortSignal,
    limit: number,
    work: (session: PdsSession, signal: AbortSignal, passage: Passage) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const { pacing, restore } = this.#options;
    const passage = await pacing.enter(did, use);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limit)]);
    try {
      return await unlessAborted(limited, async () => work(await restore(did), limited, passage));
    } catch (error) {
      if (!signal.aborted) throw await pacing.failed(passage, error);
      await pacing.abandoned(passage);
      throw error;
    }
  }

  async #fetch(session: PdsSession, passage: Passage, path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("user-agent", this.#options.userAgent ?? "plyr");
    const response = await session.fetchHandler(path, { ...init, headers });
    await this.#options.pacing.heard(passage, response.status, hostOf(response.url));
    if (response.ok) return response;
    const body = xrpcError.safeParse(jsonOf(await response.text()));
    const method = path.split("?")[0]?.split(".").at(-1);
    throw new PdsRefusal(response.status, response.headers, body.data?.error, body.data?.message, method);
  }
}

function blobLimit(size: number): number {
  return 60_000 + Math.ceil(size / SLOWEST_BLOB);
}

/**
 * The OAuth library doesn't let a signal into a token refresh (a refresh token works once, its answer must be
 * stored), so a hanging one is left behind rather than awaited.
 */
async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    const reason: unknown = signal.reason;
    reject(reason instanceof Error ? reason : new Error("aborted", { cause: reason }));
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON means not an XRPC error; the status still says what there is to say.
    return undefined;
  }
}

function hostOf(url: string): string | undefined {
  return URL.parse(url)?.host;
}
