import { TokenRefreshError, type OAuthSession } from "@atproto/oauth-client-node";
import { startPds, startPostgres, type Account, type Pds, type Postgres } from "@plyr/dev";
import type { Kysely } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Auth } from "../../src/auth/auth.js";
import { GrantReplaced } from "../../src/auth/grant-session.js";
import { GrantStore } from "../../src/auth/grant-store.js";
import { SealBroken, SealedBox } from "../../src/auth/sealed-box.js";
import { SignInFailed } from "../../src/auth/sign-in-failed.js";
import type { Schema } from "../../src/database/schema.js";
import { BROWSER, SCOPE, SESSION_KEY, authAgainst, consent, openMigrated } from "./sign-in-by-hand.js";

let pds: Pds;
let postgres: Postgres;
let ana: Account;
let db: Kysely<Schema>;
let databaseUrl: string;
let auth: Auth;
let signIns: string[];

beforeAll(async () => {
  [pds, postgres] = await Promise.all([startPds(), startPostgres()]);
  ana = await pds.createAccount({ handle: "ana.test", password: "ana-password" });
});

afterAll(() => Promise.all([pds.close(), postgres.close()]));

beforeEach(async () => {
  databaseUrl = await postgres.createDatabase();
  db = await openMigrated(databaseUrl);
  signIns = [];
  auth = authAgainst(
    pds,
    { db, url: databaseUrl },
    {
      onSignIn: (did) => {
        signIns.push(did);
        return Promise.resolve();
      },
    },
  );
});

afterEach(async () => {
  await auth.close();
  await db.destroy();
});

const put = (collection: string) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    repo: ana.did,
    collection,
    rkey: "one",
    record: { $type: collection, hello: "world" },
  }),
});

/** What a write with this person's grant is answered. */
async function write(by: Auth = auth): Promise<number> {
  const session = await by.restore(ana.did);
  return (await session.fetchHandler("/xrpc/com.atproto.repo.putRecord", put("fm.plyr.test.like"))).status;
}

async function signInAgain(): Promise<void> {
  await auth.finish(await consent(auth, ana), BROWSER);
}

/** As the person does it at their PDS, behind our back. */
async function endAtPds(session: OAuthSession): Promise<void> {
  const stored = await new GrantStore(db, new SealedBox(SESSION_KEY)).stored(ana.did);
  await session.server.revoke(stored?.tokenSet.access_token ?? "");
}

async function failure(attempt: Promise<unknown>): Promise<SignInFailed> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SignInFailed))
    throw new Error("It was expected to fail as a sign-in", { cause: error });
  return error;
}

const grantRow = () =>
  db.selectFrom("oauth_grants").selectAll().where("did", "=", ana.did).executeTakeFirst();

test("a sign-in ends in a grant that can write, a person, and the hook", async () => {
  expect(await auth.finish(await consent(auth, ana), BROWSER)).toEqual({ did: ana.did });
  expect(await write()).toBe(200);
  expect(signIns).toEqual([ana.did]);
  expect(await db.selectFrom("people").select(["did", "handle"]).execute()).toEqual([
    { did: ana.did, handle: "ana.test" },
  ]);
  expect(await auth.lostGrant(ana.did)).toBeNull();
});

test("nothing at rest can be read: neither tokens nor keys, neither before nor after", async () => {
  const params = await consent(auth, ana);
  const [state] = await db.selectFrom("oauth_states").selectAll().execute();
  await auth.finish(params, BROWSER);
  const rest = JSON.stringify([state, await grantRow()]);
  expect(rest).toContain("v1.");
  for (const secret of ["access_token", "refresh_token", "dpopJwk", "verifier", "eyJ", BROWSER]) {
    expect(rest).not.toContain(secret);
  }
  expect(await db.selectFrom("oauth_states").selectAll().execute()).toEqual([]);
});

test("a narrower grant is refused with what it lacks, and the earlier one goes on working", async () => {
  await signInAgain();
  const before = await grantRow();
  // The PDS drops a wildcard from what it grants, and says nothing about it.
  const asksMore = authAgainst(pds, { db, url: databaseUrl }, { scope: `${SCOPE} repo:fm.plyr.*` });
  const refused = await failure(asksMore.finish(await consent(asksMore, ana), BROWSER));
  expect(refused.failure).toBe("scope_narrowed");
  expect(refused.message).toContain("repo:fm.plyr.* is missing");
  await asksMore.close();

  expect(await grantRow()).toEqual(before);
  expect(await write()).toBe(200);
});

test("a narrower grant with no earlier one leaves nothing behind", async () => {
  const asksMore = authAgainst(pds, { db, url: databaseUrl }, { scope: `${SCOPE} repo:fm.plyr.*` });
  await failure(asksMore.finish(await consent(asksMore, ana), BROWSER));
  await asksMore.close();
  expect(await grantRow()).toBeUndefined();
  expect(signIns).toEqual([]);
});

test("a sign-in belongs to the browser that began it, works once, and not after an hour", async () => {
  const params = await consent(auth, ana);
  expect((await failure(auth.finish(params, "another browser"))).failure).toBe("expired");
  expect((await failure(auth.finish(params, undefined))).failure).toBe("expired");
  await auth.finish(params, BROWSER);
  expect((await failure(auth.finish(params, BROWSER))).failure).toBe("expired");

  const late = await consent(auth, ana);
  await db
    .updateTable("oauth_states")
    .set({ created_at: new Date(Date.now() - 61 * 60_000) })
    .execute();
  expect((await failure(auth.finish(late, BROWSER))).failure).toBe("expired");
  await auth.start("ana.test", BROWSER);
  expect(await db.selectFrom("oauth_states").select("key").execute()).toHaveLength(1);
});

test("declining at the PDS is told apart from failing", async () => {
  const state = new URLSearchParams();
  await auth.start("ana.test", BROWSER);
  const { key } = await db.selectFrom("oauth_states").select("key").executeTakeFirstOrThrow();
  for (const [name, value] of [
    ["state", key],
    ["iss", pds.url],
    ["error", "access_denied"],
  ] as const)
    state.set(name, value);
  expect((await failure(auth.finish(state, BROWSER))).failure).toBe("access_denied");
});

test("a handle that nobody has is told apart from a server that is away", async () => {
  expect((await failure(auth.start("nobody.test", BROWSER))).failure).toBe("unresolvable");
  const away = authAgainst({ url: "http://127.0.0.1:9", plcUrl: pds.plcUrl }, { db, url: databaseUrl });
  expect((await failure(away.start("ana.test", BROWSER))).failure).toBe("unreachable");
  await away.close();
});

test("a lost grant is not used any more, says why, and is found again by the next sign-in", async () => {
  await signInAgain();
  await auth.markGrantLost(ana.did, "because of this");
  await auth.markGrantLost(ana.did, "or because of that");
  expect(await auth.lostGrant(ana.did)).toEqual({ reason: "because of this" });
  await expect(auth.restore(ana.did)).rejects.toThrow(TokenRefreshError);

  await signInAgain();
  expect(await auth.lostGrant(ana.did)).toBeNull();
  expect(await write()).toBe(200);
});

test("a grant that was ended at the PDS is noticed by its use, and its tokens are wiped", async () => {
  await signInAgain();
  const session = await auth.restore(ana.did);
  await endAtPds(session);
  expect(await write()).toBe(401);
  expect(await auth.lostGrant(ana.did)).toEqual({ reason: "Your PDS no longer accepts this sign-in" });
  expect((await grantRow())?.sealed).toBe("");
});

test("a session from before another sign-in does not harm the new grant", async () => {
  await signInAgain();
  const early = await auth.restore(ana.did);
  await signInAgain();
  await expect(
    early.fetchHandler("/xrpc/com.atproto.repo.putRecord", put("fm.plyr.test.like")),
  ).rejects.toThrow(GrantReplaced);
  expect(await auth.lostGrant(ana.did)).toBeNull();
  expect(await write()).toBe(200);
});

test("the grant covers what was asked and no more", async () => {
  await signInAgain();
  const session = await auth.restore(ana.did);
  expect(
    (await session.fetchHandler("/xrpc/com.atproto.repo.putRecord", put("fm.plyr.test.other"))).status,
  ).toBe(403);
});

test("a session key is changed without anybody signing in again: used or not, grants are sealed anew", async () => {
  await signInAgain();
  const newer = Buffer.alloc(32, 4);
  const during = authAgainst(
    pds,
    { db, url: databaseUrl },
    { sessionKey: newer, otherSessionKeys: [SESSION_KEY] },
  );
  const after = authAgainst(pds, { db, url: databaseUrl }, { sessionKey: newer });
  expect([await during.countSealedOtherwise(), await after.countSealedOtherwise()]).toEqual([0, 1]);
  await during.restore(ana.did);
  expect(await after.countSealedOtherwise()).toBe(0);
  expect((await after.restore(ana.did)).did).toBe(ana.did);

  // The other way round, nobody uses it: the start of a process sees to that.
  const back = authAgainst(pds, { db, url: databaseUrl }, { otherSessionKeys: [newer] });
  expect([await back.sealAllAnew(), await back.sealAllAnew()]).toEqual([1, 0]);
  expect(await auth.countSealedOtherwise()).toBe(0);
  await Promise.all([during.close(), after.close(), back.close()]);
  expect(await write()).toBe(200);
});

test("with another SESSION_KEY the grants are counted and not used; altered ones are refused", async () => {
  await signInAgain();
  const otherKey = authAgainst(pds, { db, url: databaseUrl }, { sessionKey: Buffer.alloc(32, 4) });
  expect(await auth.countSealedOtherwise()).toBe(0);
  expect(await otherKey.countSealedOtherwise()).toBe(1);
  await expect(otherKey.restore(ana.did)).rejects.toThrow(TokenRefreshError);
  await otherKey.close();
  expect(await write()).toBe(200);

  const sealed = (await grantRow())?.sealed ?? "";
  await db
    .updateTable("oauth_grants")
    .set({ sealed: `${sealed.slice(0, -6)}AAAAAA` })
    .execute();
  await expect(auth.restore(ana.did)).rejects.toThrow(SealBroken);
});
