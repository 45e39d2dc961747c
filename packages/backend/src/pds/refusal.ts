import { withoutCredentials } from "./without-credentials.js";

/**
 * A PDS's answer other than 2xx, as it came. `@atproto/xrpc` folds every 4xx that it doesn't know into 400, and a
 * 408 of some proxy must not be taken for the PDS's final word.
 */
export class PdsRefusal extends Error {
  override readonly name = "PdsRefusal";
  readonly status: number;
  /** The XRPC error's name; undefined when the body is not an XRPC error: then something before the PDS answered. */
  readonly error: string | undefined;
  readonly detail: string | undefined;
  readonly headers: Headers;
  /** The XRPC method that was called, without its namespace; empty: unknown. */
  readonly method: string;

  constructor(
    status: number,
    headers: Headers,
    error: string | undefined,
    detail: string | undefined,
    method = "",
  ) {
    const name = error === undefined ? undefined : withoutCredentials(error);
    const words = detail === undefined ? undefined : withoutCredentials(detail);
    super(`the PDS answered ${String(status)}${said(name, words)}`);
    this.status = status;
    this.headers = headers;
    this.method = method;
    this.error = name;
    this.detail = words;
  }
}

function said(error: string | undefined, detail: string | undefined): string {
  if (error === undefined) return "";
  return detail === undefined || detail === error ? ` ${error}` : ` ${error}: ${detail}`;
}
