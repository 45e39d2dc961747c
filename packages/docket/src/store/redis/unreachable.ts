/** What is wrong, by what the client says of it, and what to do. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^(WRONGPASS|NOAUTH)/, "look at the user and the password in the docket's url"],
  [/^NOPERM/, "give its user the permissions that docket needs"],
  [/certificate has expired/i, "renew the server's certificate"],
  [/altname/i, "have the docket's url name the server as its certificate does"],
  [/certificate/i, "give the authority that has signed the server's as the docket's ca"],
  [
    /wrong version number|packet length too long/i,
    "the server speaks no TLS there: use its TLS port, or redis: in the docket's url",
  ],
  [/ENOTFOUND|EAI_AGAIN/, "look at the host in the docket's url"],
  [/ENOENT|EACCES/, "look at the path in the docket's url"],
  [/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/, "see that it runs where the docket's url says"],
];

/** Why a server can't be used, and what to do about it. No word of the url: it may hold a password. */
export function whyUnreachable(error: Error): string {
  // A host of several addresses fails with all of their errors, and no message of its own.
  const { message } = error instanceof AggregateError && error.message === "" ? firstOf(error) : error;
  const advice = ADVICE.find(([sign]) => sign.test(message))?.[1];
  return advice === undefined ? message : `${message}: ${advice}`;
}

/** Of a server that neither lets us in nor says why not. */
export function silence(ms: number): string {
  return `no connection within ${String(ms)} ms: see that it runs, and speaks TLS if the docket's url is rediss:`;
}

function firstOf({ errors }: AggregateError): { readonly message: string } {
  const first: unknown = errors[0];
  return first instanceof Error ? first : { message: String(first) };
}
