import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect, PostgresDialect, sql, type LogEvent } from "kysely";
import pg from "pg";
import { lockFolder, type FolderLock } from "./folder-lock.js";
import type { Schema } from "./schema.js";

export interface DatabasePlace {
  /** A Postgres server; undefined: the embedded database in `dataDir`. */
  databaseUrl?: string | undefined;
  /** The embedded database is in its folder `database`. Not touched when there is a `databaseUrl`. */
  dataDir: string;
  /** Told of connections that break; the pool replaces them by itself. */
  onBrokenConnection?: (error: Error) => void;
  /** Told of every query when it has ended, where it was made. */
  onQuery?: ((event: LogEvent) => void) | undefined;
}

/**
 * Opens the database: one SQL dialect, on a Postgres server or embedded. `destroy()` on the result closes it.
 * The embedded one belongs to one process at a time.
 *
 * @throws {FolderInUse} when another process has the embedded database open
 * @throws when the server can't be used (5 s at most to connect), with what the driver says
 */
export async function openDatabase(place: DatabasePlace): Promise<Kysely<Schema>> {
  return place.databaseUrl === undefined
    ? openEmbedded(place.dataDir, place.onQuery)
    : openServer(place.databaseUrl, place.onBrokenConnection, place.onQuery);
}

async function openServer(
  connectionString: string,
  onBrokenConnection: (error: Error) => void = () => undefined,
  onQuery?: (event: LogEvent) => void,
): Promise<Kysely<Schema>> {
  const pool = new pg.Pool({
    connectionString,
    max: 10,
    connectionTimeoutMillis: 5_000,
    // A query that nobody waits for any more must not hold its connection for ever.
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: "plyr",
  });
  // One that breaks between two statements of a transaction is nobody's error otherwise, and would end the process.
  pool.on("connect", (client) => client.on("error", onBrokenConnection));
  // The same once more, for those that nobody uses.
  pool.on("error", () => undefined);
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }), ...logging(onQuery) });
  try {
    // Connects now, so that a wrong address is an error at the start and not at the first request.
    await sql`select 1`.execute(db);
    return db;
  } catch (cause) {
    await db.destroy();
    throw new Error(`The database server can't be used (DATABASE_URL): ${describe(cause)}`, { cause });
  }
}

/** A refused connection has no message of its own, only those of the addresses that were tried. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join("; ");
  return error instanceof Error ? error.message : String(error);
}

async function openEmbedded(dataDir: string, onQuery?: (event: LogEvent) => void): Promise<Kysely<Schema>> {
  const lock = lockFolder(dataDir);
  try {
    const pglite = new LockedPGlite(join(dataDir, "database"), lock);
    await pglite.waitReady;
    const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }), ...logging(onQuery) });
    // Kysely closes only what it has used once.
    await sql`select 1`.execute(db);
    return db;
  } catch (error) {
    lock.release();
    throw error;
  }
}

function logging(onQuery: ((event: LogEvent) => void) | undefined) {
  return onQuery === undefined ? {} : { log: onQuery };
}

/** Gives its folder back when it has closed. */
class LockedPGlite extends PGlite {
  readonly #lock: FolderLock;

  constructor(folder: string, lock: FolderLock) {
    super(folder);
    this.#lock = lock;
  }

  override async close(): Promise<void> {
    try {
      await super.close();
    } finally {
      this.#lock.release();
    }
  }
}
