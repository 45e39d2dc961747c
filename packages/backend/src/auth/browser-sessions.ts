import { createHash, randomBytes } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";

/** How long a browser stays signed in. */
export const SESSION_DAYS = 30;

export interface SignedIn {
  did: string;
  handle: string;
}

/** Browsers that are signed in. The cookie's value is known to the browser alone; the database has its hash. */
export class BrowserSessions {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** @returns the value for the cookie: 256 random bits */
  async open(did: string): Promise<string> {
    await this.#db
      .deleteFrom("browser_sessions")
      .where("expires_at", "<=", sql<Date>`now()`)
      .execute();
    const token = randomBytes(32).toString("base64url");
    await this.#db
      .insertInto("browser_sessions")
      .values({
        token_hash: hash(token),
        did,
        expires_at: sql<Date>`now() + make_interval(days => ${SESSION_DAYS})`,
      })
      .execute();
    return token;
  }

  /** Who the browser with this cookie is signed in as. */
  async find(token: string): Promise<SignedIn | undefined> {
    return this.#db
      .selectFrom("browser_sessions")
      .innerJoin("people", "people.did", "browser_sessions.did")
      .select(["people.did", "people.handle"])
      .where("token_hash", "=", hash(token))
      .where("expires_at", ">", sql<Date>`now()`)
      .where("people.leaving_at", "is", null)
      .executeTakeFirst();
  }

  /** Ends this browser's session; the person's grant and their other browsers go on. */
  async close(token: string): Promise<void> {
    await this.#db.deleteFrom("browser_sessions").where("token_hash", "=", hash(token)).execute();
  }
}

function hash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
