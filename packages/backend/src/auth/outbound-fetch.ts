import { safeFetchWrap } from "@atproto-labs/fetch-node";

export interface OutboundOptions {
  /** Refuse plain HTTP and addresses that are not public: where to connect is chosen by strangers (their DID documents). */
  guarded: boolean;
  /** Origins that the operator has named in the settings; never refused. */
  trustedOrigins: readonly string[];
  /** For all but XRPC procedures and files; default 10 s: sign-in and refresh hold a lock meanwhile. */
  limitMs?: number;
  /** Bytes that a guarded answer may have, unless it is a file; default 512 KiB. */
  largestAnswer?: number;
}

const LIMIT_MS = 10_000;
const LARGEST_ANSWER = 512 * 1024;
/** As many as a record may name. */
const LARGEST_BLOB = 104_857_600;
const BLOB = "/xrpc/com.atproto.sync.getBlob";

/**
 * The one way by which requests leave for PDSs, PLC directories and handle resolvers. No redirect is followed (it could
 * lead past the guard). Answers must come in time, but for XRPC procedures and files (which are long), to which the caller sets
 * a limit.
 */
export function outboundFetch(options: OutboundOptions): typeof globalThis.fetch {
  const { guarded, trustedOrigins, limitMs = LIMIT_MS, largestAnswer = LARGEST_ANSWER } = options;
  const safeUpTo = (responseMaxSize: number) =>
    safeFetchWrap({ fetch: globalThis.fetch, allowCustomPort: true, timeout: Infinity, responseMaxSize });
  const safe = safeUpTo(largestAnswer);
  const safeFile = safeUpTo(LARGEST_BLOB);
  return async (input, init) => {
    const request = new Request(input, init);
    const { origin, pathname } = new URL(request.url);
    const isFile = pathname === BLOB;
    const guard = isFile ? safeFile : safe;
    const send = guarded && !trustedOrigins.includes(origin) ? guard : globalThis.fetch;
    const isLong = isFile || (pathname.startsWith("/xrpc/") && request.method === "POST");
    return send(request, {
      redirect: request.redirect === "follow" ? "error" : request.redirect,
      signal: isLong ? request.signal : AbortSignal.any([request.signal, AbortSignal.timeout(limitMs)]),
    });
  };
}
