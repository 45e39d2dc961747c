import { AtpAgent } from "@atproto/api";

export interface NewAccount {
  /** Ends in `.test`; the part before is 3–18 characters. */
  handle: string;
  password: string;
}

export interface Account extends NewAccount {
  did: string;
}

/**
 * Creates an account on the PDS at this URL.
 *
 * @throws when the PDS refuses, with its reason: the handle is taken, too short, …
 */
export async function createAccount(pdsUrl: string, { handle, password }: NewAccount): Promise<Account> {
  const agent = new AtpAgent({ service: pdsUrl });
  const email = `${handle.replaceAll(".", "-")}@plyr.test`;
  try {
    const { data } = await agent.com.atproto.server.createAccount({ handle, password, email });
    return { did: data.did, handle, password };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The PDS did not create the account ${handle}: ${reason}`, { cause });
  }
}
