import { createHash, randomBytes } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { oneAtATime } from "../records/one-at-a-time.js";
import type { SignedIn } from "./browser-sessions.js";

/** How many living tokens a person may have. */
export const MOST_TOKENS = 20;
/** Recognised by programs that look for secrets in the wrong places. */
const PREFIX = "plyr_token_";

/** A token as its owner sees it: never the token itself. */
export interface DeveloperToken {
  readonly id: string;
  readonly name: string;
  /** ISO 8601, as the others. */
  readonly createdAt: string;
  /** To the minute; null: never. */
  readonly lastUsedAt: string | null;
  readonly expiresAt: string;
}

/** A person has as many tokens as one may. */
export class TooManyTokens extends Error {
  override readonly name = "TooManyTokens";

  constructor() {
    super(`you have ${String(MOST_TOKENS)} tokens, which is as many as there may be: delete one first`);
  }
}

/** There is no such token of this person. */
export class UnknownToken extends Error {
  override readonly name = "UnknownToken";

  constructor() {
    super("there is no such token of yours");
  }
}

/**
 * Tokens with which programs act as a person. A token is 256 random bits that its owner sees once; the database has its
 * hash. Found by that hash, so how long a search takes tells nothing about any token.
 */
export class DeveloperTokens {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * @param seconds how long it is good for
   * @throws {TooManyTokens}
   */
  async make(
    did: string,
    { name, seconds }: { name: string; seconds: number },
  ): Promise<DeveloperToken & { token: string }> {
    const token = PREFIX + randomBytes(32).toString("base64url");
    return this.#db.transaction().execute(async (tx) => {
      await oneAtATime(tx, did);
      await tx
        .deleteFrom("developer_tokens")
        .where("expires_at", "<=", sql<Date>`now()`)
        .execute();
      const { count } = await tx
        .selectFrom("developer_tokens")
        .select(sql<number>`count(*)::int`.as("count"))
        .where("did", "=", did)
        .executeTakeFirstOrThrow();
      if (count >= MOST_TOKENS) throw new TooManyTokens();
      const row = await tx
        .insertInto("developer_tokens")
        .values({
          did,
          name,
          token_hash: hash(token),
          expires_at: sql<Date>`now() + ${seconds}::float8 * interval '1 second'`,
        })
        .returning(["id", "name", "created_at", "last_used_at", "expires_at"])
        .executeTakeFirstOrThrow();
      return { ...viewOf(row), token };
    });
  }

  /** The newest first. */
  async of(did: string): Promise<DeveloperToken[]> {
    const rows = await this.#db
      .selectFrom("developer_tokens")
      .select(["id", "name", "created_at", "last_used_at", "expires_at"])
      .where("did", "=", did)
      .orderBy("created_at", "desc")
      .execute();
    return rows.map(viewOf);
  }

  /** @throws {UnknownToken} */
  async remove(did: string, id: string): Promise<void> {
    const { numDeletedRows } = await this.#db
      .deleteFrom("developer_tokens")
      .where("did", "=", did)
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) throw new UnknownToken();
  }

  /** Whose token this is; undefined: nobody's, or not any more. */
  async find(token: string): Promise<SignedIn | undefined> {
    if (!token.startsWith(PREFIX)) return undefined;
    return this.#db
      .with("used", (db) =>
        db
          .updateTable("developer_tokens")
          .set({ last_used_at: sql<Date>`now()` })
          .where("token_hash", "=", hash(token))
          // A write for each request would be too many.
          .where(sql<boolean>`last_used_at is null or last_used_at < now() - interval '1 minute'`),
      )
      .selectFrom("developer_tokens")
      .innerJoin("people", "people.did", "developer_tokens.did")
      .select(["people.did", "people.handle"])
      .where("token_hash", "=", hash(token))
      .where("expires_at", ">", sql<Date>`now()`)
      .where("people.leaving_at", "is", null)
      .executeTakeFirst();
  }
}

function hash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

interface Row {
  id: string;
  name: string;
  created_at: Date;
  last_used_at: Date | null;
  expires_at: Date;
}

function viewOf(row: Row): DeveloperToken {
  return {
    id: row.id,
    name: row.name,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    expiresAt: row.expires_at.toISOString(),
  };
}
