/** One HTTP request that came to the gate. */
export interface GateRequest {
  method: string;
  /** Without the query: `/xrpc/com.atproto.repo.putRecord`. */
  path: string;
  query: URLSearchParams;
  headers: NodeJS.Dict<string | string[]>;
  /** As text: JSON of an XRPC call, the form of an OAuth call. */
  body: string;
}

/** What became of it, as the gate's record shows. */
export interface Passage {
  request: GateRequest;
  /** Whether the target got the request. */
  forwarded: boolean;
  /** What the target answered; null while it hasn't, and when it was unreachable or never asked. */
  targetStatus: number | null;
  /** What the client was sent; null when its connection was cut or it still waits. */
  status: number | null;
}

/** Which requests a rule is about. */
export type Match = (request: GateRequest) => boolean;

/** Requests for this XRPC method: `com.atproto.repo.putRecord`. */
export function xrpc(method: string): Match {
  return ({ path }) => path === `/xrpc/${method}`;
}
