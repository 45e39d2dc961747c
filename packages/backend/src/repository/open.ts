import { outboundFetch } from "../auth/outbound-fetch.js";
import { Homes } from "./homes.js";
import { openRepositoryReader, type RepositoryReader } from "./repository.js";

export interface RepositoriesOptions {
  /** Plain HTTP and private addresses are allowed in development only. */
  readonly environment: "production" | "development";
  readonly plcUrl: string;
  /** Named by the operator, so trusted; undefined: DNS and HTTPS. */
  readonly handleResolverUrl?: string | undefined;
}

export interface Repositories {
  readonly homes: Homes;
  readonly reader: RepositoryReader;
}

/** The largest page of records that is taken, in bytes: a hundred lists of five hundred entries each. */
const LARGEST_PAGE = 16 * 1024 * 1024;
/** A page may take this long; milliseconds. */
const PAGE_LIMIT = 30_000;

/** Opens the way to people's repositories. Nothing is contacted before it is needed. */
export function openRepositories({
  environment,
  plcUrl,
  handleResolverUrl,
}: RepositoriesOptions): Repositories {
  const fetch = outboundFetch({
    guarded: environment === "production",
    trustedOrigins: [plcUrl, ...(handleResolverUrl === undefined ? [] : [handleResolverUrl])],
    limitMs: PAGE_LIMIT,
    largestAnswer: LARGEST_PAGE,
  });
  const homes = new Homes({ fetch, plcUrl, allowHttp: environment === "development" });
  return { homes, reader: openRepositoryReader({ homes, fetch }) };
}
