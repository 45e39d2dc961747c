/** Of a connection that was never made. */
const CODES = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Whether a failed request certainly never reached its server, so that nothing can have come of it. */
export function neverLeft(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(neverLeft);
  if ("code" in error && typeof error.code === "string" && CODES.has(error.code)) return true;
  return neverLeft(error.cause);
}
