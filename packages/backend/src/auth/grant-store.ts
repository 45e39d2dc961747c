import type { NodeSavedSession } from "@atproto/oauth-client-node";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { demandScope } from "./scope.js";
import { OtherKey, SealBroken, type SealedBox } from "./sealed-box.js";

/** Why a person must sign in again. */
export interface LostGrant {
  reason: string;
}

const PAGE = 500;
/** The id of the key that a grant was sealed with. */
const keyOf = sql<string>`split_part(sealed, '.', 2)`;

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
   * The grant to use, or undefined when there is none, it is lost, or it was sealed with a key that SESSION_KEY doesn't name.
   * One that was sealed with another key than the first is sealed anew.
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
    if (row === undefined) return undefined;
    const session = this.#open(did, row.sealed);
    if (session !== undefined && !this.#box.isCurrent(row.sealed)) await this.#sealAnew(did, row.sealed);
    return session;
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

  /** Seals anew what was sealed with another key than the first. @returns how many grants that were */
  async sealAllAnew(): Promise<number> {
    let count = 0;
    for (let last = ""; ;) {
      const page = await this.#db
        .selectFrom("oauth_grants")
        .select(["did", "sealed"])
        .where(keyOf, "in", this.#box.keyIds)
        .where(keyOf, "<>", this.#box.keyId)
        .where("did", ">", last)
        .orderBy("did")
        .limit(PAGE)
        .execute();
      for (const { did, sealed } of page) if (await this.#sealAnew(did, sealed)) count += 1;
      if (page.length < PAGE) return count;
      last = page.at(-1)?.did ?? last;
    }
  }

  /** How many grants can't be read with the keys that are set. */
  async countSealedOtherwise(): Promise<number> {
    const { count } = await this.#db
      .selectFrom("oauth_grants")
      .select(sql<number>`count(*)::int`.as("count"))
      .where(keyOf, "not in", this.#box.keyIds)
      .where("sealed", "<>", "")
      .where("lost_at", "is", null)
      .executeTakeFirstOrThrow();
    return count;
  }

  /** @returns false: it is another one by now, or was tampered with, which whoever uses it is told */
  async #sealAnew(did: string, sealed: string): Promise<boolean> {
    const place = `grant:${did}`;
    let text: string;
    try {
      text = this.#box.open(sealed, place);
    } catch (error) {
      if (error instanceof SealBroken) return false;
      throw error;
    }
    const { numUpdatedRows } = await this.#db
      .updateTable("oauth_grants")
      .set({ sealed: this.#box.seal(text, place) })
      .where("did", "=", did)
      .where("sealed", "=", sealed)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
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
