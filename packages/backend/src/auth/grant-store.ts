import type { NodeSavedSession } from "@atproto/oauth-client-node";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { demandScope } from "./scope.js";
import { OtherKey, type SealedBox } from "./sealed-box.js";

/** Why a person must sign in again. */
export interface LostGrant {
  reason: string;
}

const ENDED_BY_PDS = "Your PDS no longer accepts this sign-in";

// Only what we read ourselves: the rest is the library's own, and comes back as it was given (it is authenticated).
const shape = z.looseObject({
  dpopJwk: z.looseObject({}),
  tokenSet: z.looseObject({ sub: z.string(), scope: z.string() }),
});
const savedSession = z.custom<NodeSavedSession>((value) => shape.safeParse(value).success);

/** The grants in the database: one for each DID, encrypted. */
export class GrantStore {
  readonly #db: Kysely<Schema>;
  readonly #box: SealedBox;

  constructor(db: Kysely<Schema>, box: SealedBox) {
    this.#db = db;
    this.#box = box;
  }

  /**
   * The grant to use, or undefined when there is none, it is lost, or it was sealed with another SESSION_KEY.
   *
   * @throws {SealBroken} when what is stored was tampered with
   */
  async usable(did: string): Promise<NodeSavedSession | undefined> {
    const row = await this.#db
      .selectFrom("oauth_grants")
      .select("sealed")
      .where("did", "=", did)
      .where("lost_at", "is", null)
      .executeTakeFirst();
    return row && this.#open(did, row.sealed);
  }

  /** What is stored, usable or not: to end it at the PDS when it is replaced. */
  async stored(did: string): Promise<NodeSavedSession | undefined> {
    const row = await this.#db
      .selectFrom("oauth_grants")
      .select("sealed")
      .where("did", "=", did)
      .where("sealed", "<>", "")
      .executeTakeFirst();
    return row && this.#open(did, row.sealed);
  }

  /** A sign-in's grant takes the place of the earlier one; what was lost is found again. */
  async replace(did: string, session: NodeSavedSession): Promise<void> {
    const grant = {
      ...this.#seal(did, session),
      lost_at: null,
      lost_reason: null,
      updated_at: sql<Date>`now()`,
    };
    await this.#db
      .insertInto("oauth_grants")
      .values({ did, ...grant })
      .onConflict((conflict) => conflict.column("did").doUpdateSet(grant))
      .execute();
  }

  /**
   * A refresh's new tokens.
   *
   * @throws {NarrowedGrant} when the refresh gave less than the grant had
   */
  async renew(did: string, session: NodeSavedSession): Promise<void> {
    const { scope } = await this.#db
      .selectFrom("oauth_grants")
      .select("scope")
      .where("did", "=", did)
      .executeTakeFirstOrThrow();
    demandScope(did, scope, session.tokenSet.scope);
    await this.#db
      .updateTable("oauth_grants")
      .set({ ...this.#seal(did, session), updated_at: sql<Date>`now()` })
      .where("did", "=", did)
      .execute();
  }

  /** The library has found the grant dead at the PDS: its tokens go, the fact stays. */
  async end(did: string): Promise<void> {
    await this.#db
      .updateTable("oauth_grants")
      .set({
        sealed: "",
        lost_at: sql<Date>`coalesce(lost_at, now())`,
        lost_reason: sql<string>`coalesce(lost_reason, ${ENDED_BY_PDS})`,
      })
      .where("did", "=", did)
      .execute();
  }

  async forget(did: string): Promise<void> {
    await this.#db.deleteFrom("oauth_grants").where("did", "=", did).execute();
  }

  /** The grant is of no more use. The first reason stays. */
  async markLost(did: string, reason: string): Promise<void> {
    await this.#db
      .updateTable("oauth_grants")
      .set({ lost_at: sql<Date>`now()`, lost_reason: reason })
      .where("did", "=", did)
      .where("lost_at", "is", null)
      .execute();
  }

  /** Null while the grant is in use (or there never was one). */
  async lost(did: string): Promise<LostGrant | null> {
    const row = await this.#db
      .selectFrom("oauth_grants")
      .select("lost_reason")
      .where("did", "=", did)
      .where("lost_at", "is not", null)
      .executeTakeFirst();
    return row ? { reason: row.lost_reason ?? ENDED_BY_PDS } : null;
  }

  /** How many grants can't be read with the key that is set. */
  async countSealedOtherwise(): Promise<number> {
    const { count } = await this.#db
      .selectFrom("oauth_grants")
      .select(sql<number>`count(*)::int`.as("count"))
      .where("sealed", "not like", `v1.${this.#box.keyId}.%`)
      .where("sealed", "<>", "")
      .where("lost_at", "is", null)
      .executeTakeFirstOrThrow();
    return count;
  }

  #seal(did: string, session: NodeSavedSession) {
    return { sealed: this.#box.seal(JSON.stringify(session), `grant:${did}`), scope: session.tokenSet.scope };
  }

  #open(did: string, sealed: string): NodeSavedSession | undefined {
    try {
      return savedSession.parse(JSON.parse(this.#box.open(sealed, `grant:${did}`)));
    } catch (error) {
      // After a change of SESSION_KEY people sign in again; the start of the service says so aloud.
      if (error instanceof OtherKey) return undefined;
      throw error;
    }
  }
}
