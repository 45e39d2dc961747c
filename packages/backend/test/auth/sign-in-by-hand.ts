import { signIn, type Account, type Pds } from "@plyr/dev";
import type { Kysely } from "kysely";
import { openAuth, type Auth, type AuthOptions } from "../../src/auth/auth.js";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { openRepositories } from "../../src/repository/open.js";

export const SESSION_KEY = Buffer.alloc(32, 3);
export const SCOPE = "atproto repo:fm.plyr.test.like";
export const BROWSER = "the browser's secret";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A migrated database on a Postgres server. */
export async function openMigrated(databaseUrl: string): Promise<Kysely<Schema>> {
  const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  await migrateToLatest(db);
  return db;
}

/** The service's sign-in against a local PDS, without HTTP around it. */
export function authAgainst(
  pds: Pick<Pds, "url" | "plcUrl">,
  database: { db: Kysely<Schema>; url: string | undefined },
  options: Partial<AuthOptions> = {},
): Auth {
  return openAuth({
    db: database.db,
    databaseUrl: database.url,
    sessionKey: SESSION_KEY,
    publicUrl: "http://127.0.0.1:8000",
    scope: SCOPE,
    environment: "development",
    plcUrl: pds.plcUrl,
    handleResolverUrl: pds.url,
    homes: openRepositories({ environment: "development", plcUrl: pds.plcUrl }).homes,
    log: silent,
    onSignIn: () => Promise.resolve(),
    ...options,
  });
}

/** Goes to the PDS and consents; the query with which the PDS sends the person back. */
export async function consent(auth: Auth, { handle, password }: Account): Promise<URLSearchParams> {
  const authorizeUrl = await auth.start(handle, BROWSER);
  return new URL(await signIn({ authorizeUrl: authorizeUrl.href, handle, password })).searchParams;
}
