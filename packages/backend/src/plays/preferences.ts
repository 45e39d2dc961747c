import type { Kysely } from "kysely";
import { missingScope, scrobblingScope } from "../auth/scope.js";
import type { Schema } from "../database/schema.js";
import type { Outbox } from "../outbox/outbox.js";
import type { TealCollections } from "../records/collections.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import type { TaskServices } from "../tasks/services.js";
import { hideStatus } from "./status.js";

/** What a person has decided about their plays. */
export interface PreferencesView {
  /** Plays become records of teal on their PDS, too. Off unless they said so. */
  readonly scrobble: boolean;
  /** Their PDS lets us write those records. Asked for at a sign-in once `scrobble` is on. */
  readonly permitted: boolean;
}

export interface Preferences {
  view(did: string): Promise<PreferencesView>;
  /** What was heard before stays as it is; a status is taken away when there are to be no more. */
  setScrobble(did: string, scrobble: boolean): Promise<PreferencesView>;
  /** Whether a sign-in is to ask for the permission. @param identifier a handle or a DID */
  wantsScrobbles(identifier: string): Promise<boolean>;
}

export function openPreferences(parts: {
  db: Kysely<Schema>;
  outbox: Outbox<TaskServices>;
  teal: TealCollections;
}): Preferences {
  const { db, outbox, teal } = parts;
  return {
    view: (did) => preferencesOf(db, teal, did),

    setScrobble: (did, scrobble) =>
      outbox.transact(async (tx, schedule) => {
        await oneAtATime(tx, did);
        await tx
          .insertInto("preferences")
          .values({ did, scrobble })
          .onConflict((conflict) => conflict.column("did").doUpdateSet({ scrobble }))
          .execute();
        if (!scrobble) await hideStatus(tx, schedule, teal, did);
        return preferencesOf(tx, teal, did);
      }),

    wantsScrobbles: (identifier) => wantsScrobbles(db, teal, identifier),
  };
}

/** Whether plays of this person are to become records, and may. */
export async function mayScrobble(db: Kysely<Schema>, teal: TealCollections, did: string): Promise<boolean> {
  const { scrobble, permitted } = await preferencesOf(db, teal, did);
  return scrobble && permitted;
}

/**
 * Whether a sign-in is to ask for the permission: also of who wants no more scrobbles, while some that they wanted are
 * not on their PDS yet. They would wait for a sign-in that permits them, and none ever would.
 *
 * @param identifier a handle or a DID, of somebody who may never have been here
 */
export async function wantsScrobbles(
  db: Kysely<Schema>,
  { play, status }: TealCollections,
  identifier: string,
): Promise<boolean> {
  const row = await db
    .selectFrom("people")
    .leftJoin("preferences", "preferences.did", "people.did")
    .select("people.did")
    .where((where) =>
      where.or([where("people.did", "=", identifier), where("people.handle", "=", identifier)]),
    )
    .where((where) =>
      where.or([
        where("scrobble", "=", true),
        where.exists(
          where
            .selectFrom("pds_records")
            .select("id")
            .whereRef("pds_records.did", "=", "people.did")
            .where("collection", "in", [play, status])
            .whereRef("confirmed_version", "<", "wish_version")
            .where("state", "<>", "failed"),
        ),
      ]),
    )
    .executeTakeFirst();
  return row !== undefined;
}

async function preferencesOf(
  db: Kysely<Schema>,
  teal: TealCollections,
  did: string,
): Promise<PreferencesView> {
  const row = await db
    .selectFrom("people")
    .leftJoin("preferences", "preferences.did", "people.did")
    .leftJoin("oauth_grants", "oauth_grants.did", "people.did")
    .select(["scrobble", "scope"])
    .where("people.did", "=", did)
    .executeTakeFirst();
  return {
    scrobble: row?.scrobble ?? false,
    permitted: missingScope(scrobblingScope(teal), row?.scope ?? "").length === 0,
  };
}
