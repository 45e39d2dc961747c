import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { LockBusy, Turns } from "./turns.js";

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
const QUERY_MS = 5_000;

const answer = z.tuple([z.object({ locked: z.boolean() })]);

/**
 * Postgres's session-level advisory locks, all held by one connection of their own: Postgres gives them back when the
 * process dies. A session holds any number of them, so people whose PDS is slow don't take connections from others.
 *
 * A session may take a lock that it has a second time: callers make sure that this process asks once per name.
 * Needs a connection to the server itself (or a pooler that keeps sessions).
 */
export class AdvisoryLocks {
  readonly #url: string;
  // The driver wants one query at a time on a connection.
  readonly #queries = new Turns();
  #client: Promise<pg.Client> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Runs `work` while no other process holds `name`.
   *
   * @param waitMs the longest wait for the lock
   * @throws {LockBusy} when it is not free in time; `work` has not begun then
   * @throws what the driver says when Postgres can't be asked
   */
  async hold<T>(name: string, waitMs: number, work: () => PromiseLike<T> | T): Promise<T> {
    const client = await this.#connect();
    await this.#acquire(client, name, waitMs);
    try {
      return await work();
    } finally {
      await this.#release(client, name);
    }
  }

  /** Ends the connection, and with it what is still held. */
  async close(): Promise<void> {
    const opening = this.#client;
    this.#client = undefined;
    if (opening === undefined) return;
    const [opened] = await Promise.allSettled([opening]);
    if (opened.status === "fulfilled") await opened.value.end();
  }

  async #acquire(client: pg.Client, name: string, waitMs: number): Promise<void> {
    const deadline = Date.now() + waitMs;
    // Asked again and again, because a blocking wait would keep the connection from everybody else.
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      const { rows } = await this.#ask(
        client,
        "select pg_try_advisory_lock(hashtextextended($1, 0)) as locked",
        name,
      );
      if (answer.parse(rows)[0].locked) return;
      if (Date.now() + wait > deadline) throw new LockBusy(name, waitMs);
      await pause(wait);
    }
  }

  async #release(client: pg.Client, name: string): Promise<void> {
    try {
      await this.#ask(client, "select pg_advisory_unlock(hashtextextended($1, 0))", name);
    } catch {
      // What was done under the lock is done and must be reported as such; the lock went with the connection.
    }
  }

  /** A query that fails ends the connection: whether the lock was taken is not known then, and so it isn't. */
  async #ask(client: pg.Client, text: string, name: string): Promise<pg.QueryResult<{ locked?: unknown }>> {
    try {
      return await this.#queries.take("query", QUERY_MS, () => client.query({ text, values: [name] }));
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  #connect(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client;
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: 5_000,
      query_timeout: QUERY_MS,
      keepAlive: true,
      application_name: "plyr grant lock",
    });
    const opening = client.connect().then(() => client);
    // The next one who asks opens a new connection; a lock held on this one is lost with it.
    const forget = () => {
      if (this.#client === opening) this.#client = undefined;
    };
    client.on("error", forget).on("end", forget);
    opening.catch(forget);
    this.#client = opening;
    return opening;
  }
}
