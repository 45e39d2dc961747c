import { sql, type Kysely } from "kysely";
import type { LeavingRecords } from "../database/people-tables.js";
import type { Schema } from "../database/schema.js";
import type { Outbox } from "../outbox/outbox.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import { countUnsettled } from "../records/write-state.js";
import type { TaskServices } from "../tasks/services.js";
import { leave } from "./leave.js";

/** How far the deletion of an account has got. */
export interface Departure {
  readonly records: LeavingRecords;
  /** When it was asked for, ISO 8601. */
  readonly since: string;
  /** How many records the person's PDS has still to be brought up to date with. */
  readonly left: number;
  /** It goes on only when the person signs in once more. */
  readonly needsSignIn: boolean;
  /** Why it is not done yet, in words; null: nothing stands in its way. */
  readonly note: string | null;
}

export interface Departures {
  /**
   * Begins to delete a person's account here. They are signed out everywhere, their tokens are worth nothing, and nothing
   * new is taken in from them; the rest is the work of `person.leave`.
   *
   * @returns a ticket that shows how far it has got; whoever has it sees that and nothing else
   * @throws {Leaving} when it has been asked for already
   */
  begin(did: string, records: LeavingRecords): Promise<string>;
  /** Undefined: it is done, or there never was one. */
  find(ticket: string): Promise<Departure | undefined>;
  isLeaving(did: string): Promise<boolean>;
}

export function openDepartures(parts: { db: Kysely<Schema>; outbox: Outbox<TaskServices> }): Departures {
  const { db, outbox } = parts;

  return {
    begin: (did, records) =>
      outbox.transact(async (tx, schedule) => {
        await oneAtATime(tx, did);
        await tx
          .updateTable("people")
          .set({ leaving_at: sql`now()` })
          .where("did", "=", did)
          .execute();
        const { ticket } = await tx
          .insertInto("departures")
          .values({ did, records })
          .returning("ticket")
          .executeTakeFirstOrThrow();
        await tx.deleteFrom("browser_sessions").where("did", "=", did).execute();
        await tx.deleteFrom("developer_tokens").where("did", "=", did).execute();
        await schedule(leave, { did });
        return ticket;
      }),

    async find(ticket) {
      const row = await db
        .selectFrom("departures")
        .select(["did", "records", "note", "created_at"])
        .select((query) =>
          query
            .exists(
              query
                .selectFrom("pds_records")
                .select("id")
                .whereRef("pds_records.did", "=", "departures.did")
                .where("state", "=", "needs-sign-in"),
            )
            .as("needs_sign_in"),
        )
        .where("ticket", "=", ticket)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return {
        records: row.records,
        since: row.created_at.toISOString(),
        left: await countUnsettled(db, row.did),
        needsSignIn: row.needs_sign_in === true,
        note: row.note,
      };
    },

    async isLeaving(did) {
      const row = await db.selectFrom("departures").select("did").where("did", "=", did).executeTakeFirst();
      return row !== undefined;
    },
  };
}
