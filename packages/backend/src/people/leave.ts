import { defineTask, exponential, RetryAt } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { DeparturesTable } from "../database/people-tables.js";
import type { Schema } from "../database/schema.js";
import type { GivenUp } from "../outbox/burial.js";
import { countUnsettled } from "../records/write-state.js";
import { keepersOf } from "../keepers/keepers.js";
import { wishGone } from "../records/pds-record.js";
import { StorageUnavailable } from "../storage/storage.js";
import type { TaskServices } from "../tasks/services.js";
import { forgetPerson } from "./forget-person.js";
import { leavingSteps } from "./leaving-steps.js";

const payload = z.object({ did: z.string() });

/** Handled in one transaction. */
const BATCH = 100;
/** After this many days a PDS is left as it is: about as long as a grant lives without its owner. */
const LONGEST_DAYS = 14;
/** Milliseconds, between two looks at what is still going on. */
const SHORTEST_PAUSE = 250;
const LONGEST_PAUSE = 60_000;

const STORAGE_AWAY = "Our storage can't be reached to delete your files. Trying again by itself.";

type Leaving = Pick<DeparturesTable, "did" | "records"> & { readonly age_ms: number };

/**
 * Deletes a person's account here: brings their PDS up to date (or takes our records off it), has their tracks and files
 * cleared away, and then forgets them. It waits for their PDS, and for them to sign in if it must; after 14 days what is
 * still on the PDS stays there.
 *
 * Safe to run twice: each step finds less to do the second time, and a person who is gone is found gone.
 */
export const leave = defineTask<TaskServices>()({
  name: "person.leave",
  payload,
  serial: ({ did }) => `leave:${did}`,
  retry: exponential({ attempts: 8, min: "1s", max: "10m" }),
  timeout: "10m",
  maxAge: "30d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ did }, { services, signal }) {
    const leaving = await findLeaving(services.db, did);
    if (leaving === undefined) return;
    if (leaving.records === "remove") await takeRecordsBack(services, did, signal);
    // What waits goes first, so that a track that is on its way has its file until it is there.
    await demandSettled(services.db, leaving);
    await clearAway(services, leaving, signal);
    await services.endGrant(did);
    await forgetPerson(services.db, did);
  },
});

/** Notes at the account that its deletion has been given up. */
export const leaveGivenUp: GivenUp = async (tx, given, reason) => {
  await note(
    tx,
    payload.parse(given).did,
    `It could not be finished (${reason}). Whoever runs this service can see to it`,
  );
};

async function findLeaving(db: Kysely<Schema>, did: string): Promise<Leaving | undefined> {
  return db
    .selectFrom("departures")
    .select([
      "did",
      "records",
      sql<number>`(extract(epoch from now() - created_at) * 1000)::float8`.as("age_ms"),
    ])
    .where("did", "=", did)
    .executeTakeFirst();
}

/** Has all of a person's records taken off their PDS, by whoever keeps them. */
async function takeRecordsBack(services: TaskServices, did: string, signal: AbortSignal): Promise<void> {
  const keepers = keepersOf(services.namespace);
  let taken: number;
  do {
    signal.throwIfAborted();
    taken = await services.outbox.transact(async (tx, schedule) => {
      const records = await tx
        .selectFrom("pds_records")
        .select(["id", "collection"])
        .where("did", "=", did)
        .where("wish", "is not", null)
        // What was on the PDS before us is not ours to take away.
        .where("made_here", "=", true)
        .limit(BATCH)
        .execute();
      for (const { id, collection } of records) {
        await wishGone(tx, id);
        await keepers(collection).letGo(tx, schedule, { id, did });
      }
      return records.length;
    });
  } while (taken > 0);
}

/** @throws {RetryAt} while the person's PDS is not as wished, and it is not too long ago that they asked */
async function demandSettled(db: Kysely<Schema>, leaving: Leaving): Promise<void> {
  if (leaving.age_ms > LONGEST_DAYS * 86_400_000) return;
  const left = await countUnsettled(db, leaving.did);
  if (left === 0) {
    if (await isMoreToCome(db, leaving.did)) await putOff(db, leaving, "What you did last is being written.");
    return;
  }
  const { waiting } = await db
    .selectFrom("pds_records")
    .select(
      sql<string | null>`max(reason) filter (where state in ('waiting', 'needs-sign-in'))`.as("waiting"),
    )
    .where("did", "=", leaving.did)
    .executeTakeFirstOrThrow();
  const count = left === 1 ? "One record is" : `${String(left)} records are`;
  const until = `After ${String(LONGEST_DAYS)} days what is on your PDS is left there.`;
  await putOff(
    db,
    leaving,
    `${count} still to be seen to on your PDS. ${waiting ?? "This goes on by itself."} ${until}`,
  );
}

/** What was accepted of theirs and is no wish yet, as the changes of a list until they are done with it. */
async function isMoreToCome(db: Kysely<Schema>, did: string): Promise<boolean> {
  const intent = await db
    .selectFrom("intents")
    .select("id")
    .where(sql<boolean>`payload ->> 'did' = ${did}`)
    .where("task", "<>", leave.name)
    .where("state", "=", "open")
    .executeTakeFirst();
  return intent !== undefined;
}

/** @throws {RetryAt} while something of the person's is still being cleared away */
async function clearAway(services: TaskServices, leaving: Leaving, signal: AbortSignal): Promise<void> {
  for (const step of leavingSteps) {
    signal.throwIfAborted();
    const left = await step(services, leaving.did).catch((error: unknown) => {
      if (error instanceof StorageUnavailable) return STORAGE_AWAY;
      throw error;
    });
    if (left !== null) await putOff(services.db, leaving, left);
  }
}

/** @throws {RetryAt} always */
async function putOff(db: Kysely<Schema>, { did, age_ms }: Leaving, why: string): Promise<never> {
  await note(db, did, why);
  throw new RetryAt(Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, Math.round(age_ms / 10))), why);
}

async function note(db: Kysely<Schema>, did: string, words: string): Promise<void> {
  await db.updateTable("departures").set({ note: words }).where("did", "=", did).execute();
}
