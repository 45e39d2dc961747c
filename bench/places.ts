import { startPostgres, type Postgres, type Redis } from "@plyr/dev";
import type { Contender } from "./contenders/contender.ts";
import { ownRedis } from "./redis.ts";

/** Where contenders keep their tasks: a Redis for all of them, and a PostgreSQL if one of them wants it. */
export class Places implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #postgres: Postgres | undefined;

  private constructor(redis: Redis, postgres: Postgres | undefined) {
    this.#redis = redis;
    this.#postgres = postgres;
  }

  static async open(contenders: readonly Contender[]): Promise<Places> {
    const redis = await ownRedis();
    try {
      const wanted = contenders.some(({ store }) => store === "postgres");
      return new Places(redis, wanted ? await startPostgres() : undefined);
    } catch (error) {
      await redis.close();
      throw error;
    }
  }

  /** An address with nothing of this contender's behind it. */
  async fresh({ name, store }: Contender): Promise<string> {
    if (store === "redis") return this.#redis.url;
    if (this.#postgres === undefined) throw new Error(`no PostgreSQL was started, and ${name} needs one`);
    return this.#postgres.createDatabase();
  }

  /** Redis loses everything; each database is used only once. */
  clear(): Promise<void> {
    return this.#redis.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Redis first: graphile-worker closes its connections without waiting, and PostgreSQL is to have seen it.
    try {
      await this.#redis.close();
    } finally {
      await this.#postgres?.close();
    }
  }
}
