import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";

/**
 * Deletes what the database has of a person. Their own rows of every table that refers to `people` go with them; what is
 * left of their records is no longer ours.
 *
 * @throws when something of theirs has come in since it was looked for; nothing is deleted then
 */
export async function forgetPerson(db: Kysely<Schema>, did: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.deleteFrom("people").where("did", "=", did).execute();
    await tx.deleteFrom("pds_records").where("did", "=", did).execute();
    await tx.deleteFrom("oauth_grants").where("did", "=", did).execute();
    await tx.deleteFrom("pds_homes").where("did", "=", did).execute();
    await tx.deleteFrom("pds_holds").where("name", "=", did).execute();
    await tx.deleteFrom("write_points").where("did", "=", did).execute();
    // Quoted: one DID can begin with another.
    await tx
      .deleteFrom("intents")
      .where(sql<boolean>`position(${JSON.stringify(did)} in payload::text) > 0`)
      .execute();
    // Of runs that were killed; one that goes on gives its own back.
    await tx
      .deleteFrom("subject_leases")
      .where(sql<boolean>`starts_with(subject, ${`record:${did}:`})`)
      .where("until", "<", sql<Date>`now()`)
      .execute();
    // What others once wished about this person's tracks can't be wished again.
    await tx
      .updateTable("pds_records")
      .set({ confirmed_wish: null })
      .where("wish", "is", null)
      .where(sql<boolean>`position(${`at://${did}/`} in confirmed_wish::text) > 0`)
      .execute();
  });
}
