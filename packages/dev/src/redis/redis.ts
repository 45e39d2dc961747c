import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Certificate } from "../https/authority.js";
import { LOOPBACK, freePort } from "../network/ports.js";
import { findProgram } from "../processes/lookup.js";
import { Program } from "../processes/program.js";
import { until } from "../waiting/until.js";
import { askRedis } from "./ask.js";

export interface RedisOptions {
  /** Where its append-only file lives. Default: a temp folder, removed by `close`. */
  dir?: string;
  /** Default: a free one. */
  port?: number;
  /** An append-only file, flushed each second (default), or nothing on disk. */
  persistent?: boolean;
  /** Encrypted besides, on a port of its own, with a certificate for `localhost`. */
  tls?: Pick<Certificate, "certificate" | "key"> & {
    /** PEM of the authority whose certificates it asks its clients for; by default it asks for none. */
    readonly clientsOf?: string;
  };
  /** Of the user `default`; letters and digits. Default: none. */
  password?: string;
  /** Further arguments of redis-server, in its own notation. */
  args?: readonly string[];
}

export interface Redis extends AsyncDisposable {
  /** `redis://127.0.0.1:PORT`, with the password if there is one. */
  readonly url: string;
  /** `rediss://localhost:PORT`, with the password if there is one; undefined without `tls`. */
  readonly secureUrl: string | undefined;
  readonly port: number;
  readonly dir: string;
  readonly pid: number;
  /** Ends it in order. The data stays until `close`, so that `restart` finds it. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** SIGSTOP: it accepts connections and never answers. */
  pause(): void;
  resume(): void;
  /** Up again on the same port with what it had kept, whether it runs, was stopped or was killed. */
  restart(): Promise<void>;
  /** Sends one command of plain words, as `default`; gives the first line of the answer. */
  ask(command: string): Promise<string>;
  /** It loses everything it holds. */
  flush(): Promise<void>;
  /** Stops it for good and removes its folder if that was a temp folder. May be called twice. */
  close(): Promise<void>;
}

const OTHER_PORTS = 5;

/** The path of Redis's server program, or undefined when it isn't installed. */
export function findRedis(): string | undefined {
  return findProgram("redis-server", "valkey-server");
}

/**
 * Starts a Redis of its own on loopback, which never evicts, and resolves when it answers.
 *
 * @throws when the program isn't installed, or it doesn't answer within 10 s, with what it wrote
 */
export async function startRedis(options: RedisOptions = {}): Promise<Redis> {
  const command = findRedis();
  if (command === undefined) {
    throw new Error("redis-server is not installed. On Debian or Ubuntu: apt-get install redis-server.");
  }
  const temporary = options.dir === undefined ? mkdtempSync(join(tmpdir(), "plyr-redis-")) : undefined;
  const dir = resolve(temporary ?? options.dir ?? ".");
  mkdirSync(dir, { recursive: true, mode: 0o700 });

  const server = new Program({
    name: "redis-server",
    command,
    args: [],
    cwd: dir,
    ...(temporary === undefined ? {} : { folder: temporary }),
  });
  const close = async (): Promise<void> => {
    try {
      await server.close();
    } finally {
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
    }
  };
  const { password } = options;
  const credentials = password === undefined ? "" : `:${password}@`;
  const securePort = options.tls && (await freePort());
  const up = async (port: number): Promise<void> => {
    await server.start([...redisArguments(dir, port, options), ...secureArguments(dir, securePort, options)]);
    const answered = until(
      "Redis answers",
      async () => (await askRedis(port, "PING", undefined, password)) === "+PONG",
    );
    // Somebody else's Redis on that port would answer too, while ours has ended.
    await Promise.race([answered, server.ended()]);
    if (!server.running) throw new Error(`redis-server ended while it started:\n${server.output}`);
  };

  try {
    const port = await onAPort(options.port, up, () => server.output);
    return {
      url: `redis://${credentials}${LOOPBACK}:${String(port)}`,
      secureUrl:
        securePort === undefined ? undefined : `rediss://${credentials}localhost:${String(securePort)}`,
      port,
      dir,
      get pid() {
        return server.pid;
      },
      stop: () => server.stop(),
      kill: () => server.kill(),
      pause: () => {
        server.pause();
      },
      resume: () => {
        server.resume();
      },
      restart: async () => {
        await server.stop();
        await up(port);
      },
      ask: (command) => askRedis(port, command, undefined, password),
      flush: async () => {
        const answer = await askRedis(port, "FLUSHALL", undefined, password);
        if (answer !== "+OK") throw new Error(`Redis did not flush: ${answer}`);
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function redisArguments(dir: string, port: number, { persistent = true, args = [] }: RedisOptions): string[] {
  const kept = persistent ? ["--appendonly", "yes", "--appendfsync", "everysec"] : ["--appendonly", "no"];
  return [
    ...["--port", String(port), "--bind", LOOPBACK, "--dir", dir, "--save", ""],
    ...kept,
    ...["--maxmemory-policy", "noeviction", "--daemonize", "no", "--logfile", "", ...args],
  ];
}

function secureArguments(dir: string, port: number | undefined, { tls, password }: RedisOptions): string[] {
  const locked = password === undefined ? [] : ["--requirepass", password];
  if (tls === undefined || port === undefined) return locked;
  const [certificate, key] = [join(dir, "server.pem"), join(dir, "server.key")];
  writeFileSync(certificate, tls.certificate);
  writeFileSync(key, tls.key, { mode: 0o600 });
  const clients = join(dir, "clients.pem");
  writeFileSync(clients, tls.clientsOf ?? tls.certificate);
  const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", clients];
  const asks = tls.clientsOf === undefined ? "no" : "yes";
  return [...locked, "--tls-port", String(port), ...files, "--tls-auth-clients", asks];
}

/** Takes the wished port or fails; without a wish, tries further free ports when one was snatched away. */
async function onAPort(
  wished: number | undefined,
  up: (port: number) => Promise<void>,
  output: () => string,
): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = wished ?? (await freePort());
    try {
      await up(port);
      return port;
    } catch (error) {
      const snatched = wished === undefined && output().includes("Address already in use");
      if (!snatched || tries === OTHER_PORTS) throw error;
    }
  }
}
