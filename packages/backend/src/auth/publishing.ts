import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { missingScope, publishingScope } from "./scope.js";

/** What a person's grant lacks for publishing tracks: all of it when there is no grant. */
export async function lacksForPublishing(
  db: Kysely<Schema>,
  namespace: string,
  did: string,
): Promise<string[]> {
  const grant = await db.selectFrom("oauth_grants").select("scope").where("did", "=", did).executeTakeFirst();
  return missingScope(publishingScope(namespace), grant?.scope ?? "");
}
