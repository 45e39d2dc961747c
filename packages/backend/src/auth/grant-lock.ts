import type { RuntimeLock } from "@atproto/oauth-client-node";
import { AdvisoryLocks } from "./advisory-locks.js";
import { Turns } from "./turns.js";

/** Lets one at a time work on a person's grant, among all processes that share the database. */
export interface GrantLock {
  /** @throws {LockBusy} after 30 s of waiting */
  request: RuntimeLock;
  close(): Promise<void>;
}

const WAIT_MS = 30_000;

/**
 * A refresh token works once: two that use it at the same time log the person out. Within a process callers queue; among
 * processes a lock in Postgres decides. Without a `databaseUrl` this process owns the database, and the queue suffices.
 */
export function openGrantLock(databaseUrl: string | undefined): GrantLock {
  const turns = new Turns();
  if (databaseUrl === undefined) {
    return { request: (name, work) => turns.take(name, WAIT_MS, work), close: () => Promise.resolve() };
  }
  const locks = new AdvisoryLocks(databaseUrl);
  return {
    request: (name, work) => turns.take(name, WAIT_MS, () => locks.hold(name, WAIT_MS, work)),
    close: () => locks.close(),
  };
}
