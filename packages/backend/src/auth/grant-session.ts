import {
  NodeOAuthClient,
  type NodeOAuthClientOptions,
  OAuthSession,
  type Fetch,
  type Key,
  type OAuthServerAgent,
  type SessionGetter,
} from "@atproto/oauth-client-node";

/** The person has signed in again since this session was restored: restore it anew and go on. */
export class GrantReplaced extends Error {
  override readonly name = "GrantReplaced";

  constructor(did: string) {
    super(`${did} has signed in again meanwhile; the request was not made with the new grant`);
  }
}

/** Told when a PDS did not do what it was asked for: the account may have moved. */
export interface Doubts {
  /** It can't be reached, or is in trouble. */
  unclear(did: string): void;
  /** It said no. @throws {AccountMoved} */
  refused(did: string): Promise<void>;
}

/**
 * A session that stays with the grant it was restored from. Tokens are bound to a key that each sign-in makes anew: sent
 * with the key of the earlier sign-in, the tokens of the later one are refused, and the library would then delete them.
 */
class GrantSession extends OAuthSession {
  #replaced = false;
  readonly #getter: SessionGetter;
  readonly #doubts: Doubts;

  constructor(
    server: OAuthServerAgent,
    did: OAuthSession["sub"],
    getter: SessionGetter,
    fetch: Fetch,
    doubts: Doubts,
  ) {
    super(server, did, getter, fetch);
    this.#getter = getter;
    this.#doubts = doubts;
  }

  protected override async getTokenSet(refresh: boolean | "auto") {
    const { dpopKey, tokenSet } = await this.#getter.getSession(this.sub, refresh);
    if (!isSameKey(dpopKey, this.server.dpopKey)) {
      this.#replaced = true;
      throw new GrantReplaced(this.sub);
    }
    return tokenSet;
  }

  /**
   * @throws {GrantReplaced} instead of answering 401 for a grant that is no longer in use
   * @throws {AccountMoved} instead of a refusal by a PDS that the account has left
   */
  override async fetchHandler(pathname: string, init?: RequestInit): Promise<Response> {
    const response = await super.fetchHandler(pathname, init).catch((error: unknown) => {
      this.#doubts.unclear(this.sub);
      throw error;
    });
    if (response.status >= 500) this.#doubts.unclear(this.sub);
    // Whatever it says: a PDS that an account has left refuses what is to be written there.
    else if (!response.ok && response.status !== 429 && init?.method?.toUpperCase() === "POST") {
      await this.#doubts.refused(this.sub);
    }
    if (response.status === 401 && this.#replaced) {
      await response.body?.cancel();
      throw new GrantReplaced(this.sub);
    }
    return response;
  }
}

function isSameKey(one: Key, other: Key): boolean {
  return JSON.stringify(one.bareJwk) === JSON.stringify(other.bareJwk);
}

/** The library's client, with sessions that stay with their grant. */
export class GrantClient extends NodeOAuthClient {
  readonly #doubts: Doubts;

  constructor(options: NodeOAuthClientOptions, doubts: Doubts) {
    super(options);
    this.#doubts = doubts;
  }

  protected override createSession(server: OAuthServerAgent, did: OAuthSession["sub"]): OAuthSession {
    return new GrantSession(server, did, this.sessionGetter, this.fetch, this.#doubts);
  }
}
