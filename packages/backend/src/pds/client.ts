import { Agent } from "@atproto/api";
import { z } from "zod";
import type { RecordContent } from "../database/schema.js";
import { askedPause } from "./rate-limit.js";
import { RateHolds } from "./rate-holds.js";
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
  /** How long one call may take, session refresh included; milliseconds, default 15,000. */
  readonly limit?: number;
  /** Default `plyr`; some hosts refuse a client that doesn't name itself. */
  readonly userAgent?: string;
}

const xrpcError = z.object({ error: z.string(), message: z.string().optional() });

/** How long to leave a person's PDS alone after a 429 that names no time; milliseconds. */
const UNNAMED_PAUSE = 60_000;

/** A file gets more time than a record: a minute, and then as long as it takes at this rate; bytes per millisecond. */
const SLOWEST_BLOB = 128;

/**
 * Writes records to people's PDSs, each as that person. Only `putRecord` at a known rkey, `deleteRecord` and
 * `uploadBlob`: all of them leave the same behind when they are done twice.
 */
export class PdsClient {
  readonly #options: PdsClientOptions;
  readonly #holds = new RateHolds();

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
    const limit = 60_000 + Math.ceil(blob.size / SLOWEST_BLOB);
    return this.#inTime(did, signal, limit, (session, limited) =>
      sendBlob(
        session,
        blob,
        (path, init) => this.#fetch(session, path, { ...init, signal: limited }),
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

  async #call<T>(
    did: string,
    signal: AbortSignal,
    work: (agent: Agent, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#inTime(did, signal, this.#options.limit ?? 15_000, (session, limited) =>
      work(new Agent({ did, fetchHandler: (path, init) => this.#fetch(session, path, init) }), limited),
    );
  }

  async #inTime<T>(
    did: string,
    signal: AbortSignal,
    limit: number,
    work: (session: PdsSession, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    this.#holds.check(did);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limit)]);
    return unlessAborted(limited, async () => work(await this.#options.restore(did), limited));
  }

  async #fetch(session: PdsSession, path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("user-agent", this.#options.userAgent ?? "plyr");
    const response = await session.fetchHandler(path, { ...init, headers });
    if (response.ok) return response;
    const body = xrpcError.safeParse(jsonOf(await response.text()));
    if (response.status === 429) {
      this.#holds.hold(session.did, askedPause(response.headers, Date.now()) ?? UNNAMED_PAUSE);
    }
    throw new PdsRefusal(response.status, response.headers, body.data?.error, body.data?.message);
  }
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
