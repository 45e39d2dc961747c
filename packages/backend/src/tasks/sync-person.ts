import { defineTask, exponential, RetryAt, Terminal } from "@plyr/docket";
import { z } from "zod";
import type { GivenUp } from "../outbox/burial.js";
import { classify } from "../pds/answer.js";
import { pauseAfter } from "../records/pauses.js";
import { syncPerson as sync } from "../sync/sync-person.js";
import { isSuperseded, noteSync } from "../sync/sync-row.js";
import type { TaskServices } from "./services.js";

const payload = z.object({ did: z.string() });

/**
 * Brings what we know of a person and their repository together, at each of their sign-ins.
 *
 * Safe to run twice: it compares first, and the second time finds nothing that differs. Of several that wait for one person
 * only the newest does it.
 */
export const syncPerson = defineTask<TaskServices>()({
  name: "atproto.sync",
  payload,
  serial: ({ did }) => `sync:${did}`,
  group: ({ did }) => did,
  retry: exponential({ attempts: 8, min: "1s", max: "10m" }),
  timeout: "10m",
  maxAge: "1d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ did }, { services, key, signal }) {
    const { db, carrier } = services;
    const lease = carrier.leaseOf(key);
    if (await isSuperseded(db, did, lease.subject, key)) return;
    const held = AbortSignal.any([signal, lease.signal]);
    await noteSync(db, did, { state: "running", reason: null });
    try {
      const { looked, differed } = await sync(services, did, held);
      await noteSync(db, did, { state: "done", reason: null, looked, differed });
    } catch (error) {
      if (held.aborted) throw error;
      throw await afterTrouble(services, did, error);
    }
  },
});

/** Notes beside the person that their sync has been given up. The next sign-in begins another. */
export const syncGivenUp: GivenUp = async (tx, given, reason) => {
  await noteSync(tx, payload.parse(given).did, { state: "failed", reason });
};

async function afterTrouble(
  { db, pauses, markGrantLost }: TaskServices,
  did: string,
  cause: unknown,
): Promise<unknown> {
  const answer = classify(cause);
  const { reason } = answer;
  switch (answer.kind) {
    case "wait": {
      const deferrals = await noteSync(db, did, { state: "waiting", reason });
      return new RetryAt(answer.pause ?? pauseAfter(deferrals, pauses), reason, { cause });
    }
    case "sign-in":
      // The next sign-in brings a sync of its own.
      if (answer.grantLost) await markGrantLost(did, reason);
      return new Terminal(reason, { cause });
    case "refused":
      return new Terminal(reason, { cause });
    case "unclear":
      await noteSync(db, did, { state: "waiting", reason });
      return cause;
  }
}
