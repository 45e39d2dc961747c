import {
  AtprotoHandleResolverNode,
  JoseKey,
  type Jwk,
  type Keyset,
  type NodeOAuthClientOptions,
  type NodeSavedSession,
  type OAuthClientMetadataInput,
  type OAuthSession,
} from "@atproto/oauth-client-node";
import type { Log } from "@plyr/docket";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { rememberHome } from "../pds/holds.js";
import { clientMetadata } from "./client-metadata.js";
import { forgetful } from "./forgetful.js";
import { openGrantLock } from "./grant-lock.js";
import { GrantClient, type Doubts } from "./grant-session.js";
import { GrantStore, type LostGrant } from "./grant-store.js";
import { outboundFetch } from "./outbound-fetch.js";
import type { Homes } from "../repository/homes.js";
import { AccountMoved, Moves } from "./moved.js";
import { demandScope } from "./scope.js";
import { isLoopback } from "../settings/variables.js";
import { SealedBox } from "./sealed-box.js";
import { SignInFailed, returnFailed, startFailed } from "./sign-in-failed.js";
import { signInStates } from "./sign-in-states.js";

export interface AuthOptions {
  /** Migrated. */
  db: Kysely<Schema>;
  /** The same database, if it is a server: for the lock that holds across processes. */
  databaseUrl: string | undefined;
  /** 32 bytes. */
  sessionKey: Buffer;
  /** Keys that only decrypt, as during a rotation. */
  otherSessionKeys?: readonly Buffer[];
  publicUrl: string;
  /** Of a confidential client; undefined: a public one. On loopback they are not used. */
  clientKeys?: Keyset<JoseKey> | undefined;
  /** What is asked of each PDS, space-separated. */
  scope: string;
  /** Asked for besides, of those who want it. A grant that lacks it is as good as any for all else. */
  extra?: {
    readonly scope: string;
    /** @param identifier as for `Auth.start` */
    readonly wantedBy: (identifier: string) => Promise<boolean>;
  };
  /** Plain HTTP and private addresses are allowed in development only. */
  environment: "production" | "development";
  plcUrl: string;
  /** Undefined: DNS and HTTPS. */
  handleResolverUrl: string | undefined;
  log: Log;
  /** Where accounts are, by their DID documents. */
  homes: Pick<Homes, "homeOf">;
  /** Called when a person has signed in and their grant is stored. */
  onSignIn: (did: string) => Promise<void>;
}

/** Sign-in against people's own PDSs, and the grants that come of it. */
export interface Auth {
  /** The client's public metadata, for PDSs to fetch. */
  readonly metadata: OAuthClientMetadataInput;
  /** The public halves of its keys, for PDSs to fetch; none for a public client. */
  readonly jwks: { readonly keys: readonly Jwk[] };
  /**
   * Begins a sign-in.
   *
   * @param identifier a handle or DID, as `parseIdentifier` gives it
   * @param browser a secret of the browser that asks; only it can complete the sign-in
   * @returns where to send the person
   * @throws {SignInFailed} unresolvable, unreachable or refused
   */
  start(identifier: string, browser: string): Promise<URL>;
  /**
   * Completes a sign-in: stores the grant and the person.
   *
   * @param params the query with which the person came back
   * @throws {SignInFailed} unreachable, refused, access_denied, scope_narrowed or expired; an earlier grant stays then
   */
  finish(params: URLSearchParams, browser: string | undefined): Promise<{ did: string }>;
  /**
   * A session to write with, its token refreshed if it is about to expire. For one use: restore anew for the next.
   *
   * @throws TokenRefreshError when there is no usable grant (or a refresh shows that it is dead)
   * @throws OAuthResolverError, FetchError, OAuthResponseError when the PDS can't be asked at the moment
   * @throws {AccountMoved} when the account is on another PDS than the grant is for
   * @throws {LockBusy} when others worked on the grant for longer than 30 s
   */
  readonly restore: (did: string) => Promise<OAuthSession>;
  /** The grant turned out to be of no use; the person is asked to sign in again. The first reason stays. */
  readonly markGrantLost: (did: string, reason: string) => Promise<void>;
  /** Gives a person's grant back to their PDS, as far as that can be reached, and forgets it. */
  readonly endGrant: (did: string) => Promise<void>;
  /** Null while the grant is in use (or there never was one). */
  readonly lostGrant: (did: string) => Promise<LostGrant | null>;
  /** Seals with our key what was sealed with the other ones. @returns how many grants that were */
  sealAllAnew(): Promise<number>;
  /** How many grants were sealed with none of our keys. */
  countSealedOtherwise(): Promise<number>;
  close(): Promise<void>;
}

/** Opens the sign-in. Nothing is contacted before it is needed. */
export function openAuth(options: AuthOptions): Auth {
  const { db, log } = options;
  const box = new SealedBox(options.sessionKey, options.otherSessionKeys);
  const grants = new GrantStore(db, box);
  const states = signInStates(db, box);
  const lock = openGrantLock(options.databaseUrl);
  const lockName = (did: string) => `@atproto-oauth-client-${did}`;

  const shared = clientOptions(options);
  const moves = new Moves({ homes: options.homes });
  const doubts: Doubts = {
    unclear: (did) => {
      moves.doubt(did);
    },
    refused: async (did) => {
      moves.doubt(did);
      const pds = (await grants.stored(did))?.tokenSet.aud;
      const home = pds === undefined ? null : await moves.movedTo(did, pds);
      if (home !== null) throw new AccountMoved(home);
    },
  };
  const client = new GrantClient(
    {
      ...shared,
      stateStore: states,
      sessionStore: {
        get: (did) => grants.usable(did),
        set: (did, session) => grants.renew(did, session),
        del: (did) => grants.end(did),
      },
      requestLock: (name, work) => lock.request(name, work),
      onSessionDeleted: (did, cause) => {
        log.warn({ did, err: cause }, "grant ended by the PDS");
      },
    },
    doubts,
  );

  /** Also of a grant that is lost: why it is, stays true. @throws {AccountMoved} */
  async function restore(did: string): Promise<OAuthSession> {
    const tokens = (await grants.stored(did))?.tokenSet;
    const home = tokens === undefined ? null : await moves.movedTo(did, tokens.aud);
    if (home === null) return client.restore(did);
    try {
      // Within one authorization server an account moves without a sign-in: a refresh finds its new PDS.
      const session = await client.restore(did, true);
      if (new URL((await session.getTokenInfo(false)).aud).origin === home) return session;
    } catch (cause) {
      throw new AccountMoved(home, { cause });
    }
    throw new AccountMoved(home);
  }

  // A client of its own for sign-ins: the library ends the earlier grant before it looks at the new one. This one sees no
  // earlier grant, so a new one that falls short is refused while the earlier stays as it is.
  const entrance = new GrantClient(
    {
      ...shared,
      stateStore: states,
      sessionStore: {
        get: () => undefined,
        set: async (did, session) => {
          demandScope(did, options.scope, session.tokenSet.scope);
          await rememberHome(db, did, new URL(session.tokenSet.aud).host);
          const earlier = await lock.request(lockName(did), async () => {
            const stored = await grants.stored(did);
            await grants.replace(did, session);
            moves.doubt(did);
            return stored;
          });
          if (earlier) await endAtPds(earlier);
        },
        del: () => undefined,
      },
      // It never reads or refreshes; what it stores is locked above.
      requestLock: (_name, work) => work(),
    },
    doubts,
  );

  /** As good as it gets: a grant that can't be ended (its PDS is gone, say) ends by itself. */
  async function endAtPds({ tokenSet, authMethod, dpopJwk }: NodeSavedSession): Promise<void> {
    try {
      const key = await JoseKey.fromJWK(dpopJwk);
      const server = await client.serverFactory.fromIssuer(tokenSet.iss, authMethod, key);
      await server.revoke(tokenSet.access_token);
    } catch (err) {
      log.info({ did: tokenSet.sub, err }, "the earlier grant could not be ended at its PDS");
    }
  }

  async function complete(params: URLSearchParams): Promise<string> {
    try {
      const { session } = await entrance.callback(params);
      const { handle } = await client.identityResolver.resolve(session.did);
      await rememberPerson(session.did, handle);
      return session.did;
    } catch (error) {
      throw returnFailed(error);
    }
  }

  async function rememberPerson(did: string, handle: string): Promise<void> {
    await db
      .insertInto("people")
      .values({ did, handle })
      .onConflict((conflict) => conflict.column("did").doUpdateSet({ handle }))
      .execute();
  }

  return {
    metadata: shared.clientMetadata,
    jwks: client.jwks,

    async start(identifier, browser) {
      try {
        const wider = (await options.extra?.wantedBy(identifier)) === true;
        const scope = wider ? widestScope(options) : options.scope;
        return await client.authorize(identifier, { scope, state: browser });
      } catch (error) {
        throw startFailed(identifier, error);
      }
    },

    async finish(params, browser) {
      const state = await states.get(params.get("state") ?? "");
      if (state === undefined || browser === undefined || state.appState !== browser) {
        throw new SignInFailed("expired", "The sign-in is too old, or was begun elsewhere: begin again");
      }
      const did = await complete(params);
      await options.onSignIn(did);
      return { did };
    },

    restore,
    markGrantLost: (did, reason) => grants.markLost(did, reason),
    endGrant: async (did) => {
      const earlier = await lock.request(lockName(did), async () => {
        const stored = await grants.stored(did);
        await grants.forget(did);
        return stored;
      });
      if (earlier) await endAtPds(earlier);
    },
    lostGrant: (did) => grants.lost(did),
    sealAllAnew: () => grants.sealAllAnew(),
    countSealedOtherwise: () => grants.countSealedOtherwise(),
    close: () => lock.close(),
  };
}

function widestScope({ scope, extra }: AuthOptions): string {
  return extra === undefined ? scope : `${scope} ${extra.scope}`;
}

type SharedOptions = Pick<
  NodeOAuthClientOptions,
  | "clientMetadata"
  | "keyset"
  | "handleResolver"
  | "plcDirectoryUrl"
  | "didCache"
  | "handleCache"
  | "allowHttp"
  | "fetch"
>;

function clientOptions(options: AuthOptions): SharedOptions {
  const development = options.environment === "development";
  const keyset = isLoopback(options.publicUrl) ? undefined : options.clientKeys;
  return {
    // Names all that may ever be asked for; a sign-in asks for as much of it as it needs.
    clientMetadata: clientMetadata(options.publicUrl, widestScope(options), keyset !== undefined),
    ...(keyset && { keyset }),
    // The default resolver guards its own requests.
    handleResolver: options.handleResolverUrl ?? new AtprotoHandleResolverNode({ fetch: globalThis.fetch }),
    plcDirectoryUrl: options.plcUrl,
    didCache: forgetful(),
    handleCache: forgetful(),
    allowHttp: development,
    fetch: outboundFetch({
      guarded: !development,
      trustedOrigins: [options.plcUrl, ...(options.handleResolverUrl ? [options.handleResolverUrl] : [])],
    }),
  };
}
