import type { NodeSavedState, NodeSavedStateStore } from "@atproto/oauth-client-node";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import type { SealedBox } from "./sealed-box.js";

/** A PDS's own sign-in page is open for about as long. */
const LIFETIME = sql<Date>`now() - interval '1 hour'`;

const shape = z.looseObject({ dpopJwk: z.looseObject({}), iss: z.string() });
const savedState = z.custom<NodeSavedState>((value) => shape.safeParse(value).success);

/** Sign-ins that are under way: between the redirect to the PDS and the return. An hour old, they are gone. */
export function signInStates(db: Kysely<Schema>, box: SealedBox): NodeSavedStateStore {
  return {
    async get(key) {
      const row = await db
        .selectFrom("oauth_states")
        .select("sealed")
        .where("key", "=", key)
        .where("created_at", ">", LIFETIME)
        .executeTakeFirst();
      return row && savedState.parse(JSON.parse(box.open(row.sealed, `state:${key}`)));
    },
    async set(key, state) {
      // Here, because a state is the only thing that makes states grow.
      await db.deleteFrom("oauth_states").where("created_at", "<=", LIFETIME).execute();
      const sealed = box.seal(JSON.stringify(state), `state:${key}`);
      await db.insertInto("oauth_states").values({ key, sealed }).execute();
    },
    async del(key) {
      await db.deleteFrom("oauth_states").where("key", "=", key).execute();
    },
  };
}
