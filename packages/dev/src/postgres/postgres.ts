import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { LOOPBACK, freePort } from "../network/ports.js";
import { findProgram, isExecutable } from "../processes/lookup.js";
import { Program } from "../processes/program.js";
import { until } from "../waiting/until.js";
import { unprivilegedUser } from "./unprivileged-user.js";

export interface Postgres extends AsyncDisposable {
  /** A new, empty database of this server; returns its `postgres://` URL. */
  createDatabase(): Promise<string>;
  /** Ends it in order, cutting off whoever is connected. The data stays until `close`, so that `restart` finds it. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Stops it for good and removes its folder. May be called twice. */
  close(): Promise<void>;
}

const DEBIAN = "/usr/lib/postgresql";

/** The folder of PostgreSQL's server programs, which Debian keeps off the PATH, or undefined. */
export function findPostgres(): string | undefined {
  const onPath = findProgram("pg_config");
  const folders = [
    ...(onPath === undefined ? [] : [execFileSync(onPath, ["--bindir"], { encoding: "utf8" }).trim()]),
    ...debianFolders(),
  ];
  return folders.find(
    (folder) => isExecutable(join(folder, "initdb")) && isExecutable(join(folder, "postgres")),
  );
}

function debianFolders(): string[] {
  try {
    return readdirSync(DEBIAN)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(DEBIAN, version, "bin"));
  } catch {
    return [];
  }
}

/**
 * Starts a PostgreSQL of its own in a temp folder, on loopback only, behind a password, without the disk
 * flushes that only a power cut would show. Resolves when it takes connections (1–3 s).
 *
 * @throws when it isn't installed, or doesn't come up within 20 s, with what it wrote
 */
export async function startPostgres(): Promise<Postgres> {
  const programs = findPostgres();
  if (programs === undefined) {
    throw new Error("PostgreSQL's server is not installed. On Debian or Ubuntu: apt-get install postgresql.");
  }
  const folder = mkdtempSync(join(tmpdir(), "plyr-postgres-"));
  const data = join(folder, "data");
  const password = randomBytes(16).toString("hex");
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });

  // It refuses to run as root, as which containers and CI machines have us run.
  const user = userInfo().uid === 0 ? unprivilegedUser() : undefined;
  if (user) {
    chmodSync(folder, 0o700);
    chownSync(folder, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  // QUIT ends its sessions at once too; INT also, in order, where TERM would wait until every client has left.
  const run = { cwd: folder, orphanSignal: "QUIT" as const, stopSignal: "SIGINT" as const, ...user };
  const server = new Program({
    ...run,
    name: "postgres",
    command: join(programs, "postgres"),
    args: [],
    folder,
  });
  const close = async (): Promise<void> => {
    try {
      await server.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

  const port = await freePort();
  const urlOf = (database: string): string =>
    `postgres://postgres:${password}@${LOOPBACK}:${String(port)}/${database}`;
  const command = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: urlOf("postgres"), connectionTimeoutMillis: 5_000 });
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  const up = async (): Promise<void> => {
    await server.start(serverArguments(data, port));
    const answered = until("PostgreSQL takes connections", () => command("SELECT 1").then(() => true), {
      within: 20_000,
    });
    await Promise.race([answered, server.ended()]);
    if (!server.running) throw new Error(`postgres ended while it started:\n${server.output}`);
  };

  try {
    await initialise({ ...run, command: join(programs, "initdb"), data, passwordFile });
    await up();
  } catch (error) {
    await close();
    throw error;
  }

  let databases = 0;
  return {
    createDatabase: async () => {
      databases += 1;
      const name = `world_${String(databases)}`;
      await command(`CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    stop: () => server.stop(),
    restart: async () => {
      await server.stop();
      await up();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Initialising {
  cwd: string;
  command: string;
  data: string;
  passwordFile: string;
}

async function initialise({ data, passwordFile, ...run }: Initialising): Promise<void> {
  const initdb = new Program({
    ...run,
    name: "initdb",
    args: [
      ...["--pgdata", data, "--username", "postgres", "--pwfile", passwordFile],
      ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync"],
    ],
  });
  await initdb.start();
  await initdb.ended();
  await initdb.close();
  if (initdb.exitCode !== 0) throw new Error(`initdb failed:\n${initdb.output}`);
}

function serverArguments(data: string, port: number): string[] {
  const settings = {
    listen_addresses: LOOPBACK,
    port: String(port),
    unix_socket_directories: "",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
  };
  return ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}
