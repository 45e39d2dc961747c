import { safeFetchWrap } from "@atproto-labs/fetch-node";

export interface OutboundOptions {
  /** Refuse plain HTTP and addresses that are not public: where to connect is chosen by strangers (their DID documents). */
  guarded: boolean;
  /** Origins that the operator has named in the settings; never refused. */
  trustedOrigins: readonly string[];
  /** For all but XRPC procedures; default 10 s: sign-in and refresh hold a lock meanwhile. */
  limitMs?: number;
  /** Bytes that a guarded answer may have; default 512 KiB. */
  largestAnswer?: number;
}

const LIMIT_MS = 10_000;
const LARGEST_ANSWER = 512 * 1024;

/**
 * The one way by which requests leave for PDSs, PLC directories and handle resolvers. No redirect is followed (it could
 * lead past the guard). Answers must come in time, but for XRPC procedures, to which the caller sets a limit.
 */
export function outboundFetch(options: OutboundOptions): typeof globalThis.fetch {
  const { guarded, trustedOrigins, limitMs = LIMIT_MS, largestAnswer = LARGEST_ANSWER } = options;
  const safe = safeFetchWrap({
    fetch: globalThis.fetch,
    allowCustomPort: true,
    timeout: Infinity,
    responseMaxSize: largestAnswer,
  });
  return async (input, init) => {
    const request = new Request(input, init);
    const { origin, pathname } = new URL(request.url);
    const send = guarded && !trustedOrigins.includes(origin) ? safe : globalThis.fetch;
    const isProcedure = request.method === "POST" && pathname.startsWith("/xrpc/");
    return send(request, {
      redirect: request.redirect === "follow" ? "error" : request.redirect,
      signal: isProcedure ? request.signal : AbortSignal.any([request.signal, AbortSignal.timeout(limitMs)]),
    });
  };
}
