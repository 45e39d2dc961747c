import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Problem } from "../http/problem.js";

/** @throws {Problem} 404 when it is nobody who has signed in here */
export async function demandKnown(db: Kysely<Schema>, did: string): Promise<void> {
  const person = await db.selectFrom("people").select("did").where("did", "=", did).executeTakeFirst();
  if (person === undefined) {
    throw new Problem(404, "unknown_person", `${did} is nobody who has signed in here`, "did");
  }
}
