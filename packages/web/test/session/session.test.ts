import { expect, test } from "vitest";
import { Session } from "../../src/session/session.svelte.js";
import { startCounterpart, type Counterpart } from "../counterpart.js";

const me = { did: "did:plc:a", handle: "a.test", needsSignIn: null, waiting: 0 };
const unauthorised = { error: { code: "not_signed_in", message: "…" } };

async function refresh(
  session: Session,
  next: Counterpart["next"],
  status: number,
  body: unknown,
): Promise<void> {
  const refreshed = session.refresh();
  (await next()).answer(status, body);
  await refreshed;
}

test("somebody who was never signed in has no session that ended", async () => {
  const { service, next } = await startCounterpart();
  const session = new Session(service);
  await refresh(session, next, 401, unauthorised);
  expect(session.presence.kind).toBe("nobody");
  expect(session.ended).toBe(false);
});

test("a session that is over without a sign-out is told apart from a sign-out", async () => {
  const { service, next } = await startCounterpart();
  const session = new Session(service);
  await refresh(session, next, 200, me);
  expect(session.me).toEqual(me);
  await refresh(session, next, 401, unauthorised);
  expect(session.ended).toBe(true);

  await refresh(session, next, 200, me);
  const signedOut = session.signOut();
  (await next()).answer(200, {});
  await signedOut;
  expect(session.presence.kind).toBe("nobody");
  expect(session.ended).toBe(false);
});

test("a service that doesn't answer leaves who is here as it was, and says so until it answers", async () => {
  const { service, next } = await startCounterpart();
  const session = new Session(service);
  await refresh(session, next, 200, me);
  await refresh(session, next, 503, { error: { code: "away", message: "The database is away." } });
  expect(session.me).toEqual(me);
  expect(session.trouble).toBe("The database is away.");
  await refresh(session, next, 200, me);
  expect(session.trouble).toBeNull();
});

test("a sign-out while something waits asks first, and carries out what is said then", async () => {
  const { service, next, lines } = await startCounterpart();
  const session = new Session(service);
  await refresh(session, next, 200, { ...me, waiting: 2 });
  const asked = session.signOut();
  (await next()).answer(409, { error: { code: "open_writes", message: "Two things wait.", count: 2 } });
  await asked;
  expect([session.question, session.presence.kind, session.trouble]).toEqual([
    "Two things wait.",
    "somebody",
    null,
  ]);
  session.stay();
  expect(session.question).toBeNull();

  const signedOut = session.signOut("anyway");
  (await next()).answer(204, {});
  await signedOut;
  expect(session.presence.kind).toBe("nobody");
  expect(lines.slice(1)).toEqual(["POST /auth/logout", "POST /auth/logout"]);
});
