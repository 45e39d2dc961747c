import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { HttpsFront } from "../https/front.js";
import { LOOPBACK, freePort, isFree } from "../network/ports.js";
import { Program } from "../processes/program.js";
import { type Account, type NewAccount, createAccount } from "./accounts.js";
import { type PdsReady, type PdsSettings, pdsReady } from "./settings.js";

export interface PdsOptions {
  /** Accounts, repositories and DIDs live here and survive a restart. Default: a temp folder, removed by `close`. */
  dataDir?: string;
  /** The port in its public URL. Default: a free one. DID documents name it: keep it with the data folder. */
  port?: number;
  /** Where it listens when something else (a gate) stands on `port`. Default: `port`. */
  listenPort?: number;
  /** Default: a free one. */
  plcPort?: number;
  /** It is `https://NAME` to the world, which an `HttpsFront` leads to it; takes the place of `port`. */
  behind?: { readonly name: string; readonly front: HttpsFront };
  /** Default false. */
  rateLimitsEnabled?: boolean;
  /** In bytes. Default 5 MiB, as a PDS has it. */
  blobUploadLimit?: number;
}

export interface Pds extends AsyncDisposable {
  /** The public URL, `http://localhost:PORT` or `https://NAME`: the PDS in DID documents and the OAuth issuer. */
  readonly url: string;
  /** Where it listens: the same, or behind the gate. */
  readonly listenUrl: string;
  readonly plcUrl: string;
  readonly dataDir: string;
  readonly adminPassword: string;
  readonly pid: number;
  /** The last of what it logged (errors only), for a test's message. */
  readonly output: string;
  /** Goes past the gate. Handles end in `.test`. @throws when the PDS refuses, with its reason */
  createAccount(account: NewAccount): Promise<Account>;
  /** Ends it in order. The data stays until `close`, so that `restart` finds it. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** SIGSTOP: it accepts connections and never answers. */
  pause(): void;
  resume(): void;
  /** Up again on the same ports with the same data, whether it runs, was stopped or was killed. */
  restart(): Promise<void>;
  /** Stops it for good and removes its folder if that was a temp folder. May be called twice. */
  close(): Promise<void>;
}

const OLDEST_NODE = 22;
const START_LIMIT = 60_000;

// Compiled also when this file itself runs from its source in a test: the child is plain Node.
const program = fileURLToPath(new URL("../../dist/pds/main.js", import.meta.url));

/**
 * Starts a real PDS and its PLC directory, on loopback only, in one process of their own, and resolves when
 * they take requests (some 4–6 s, mostly loading).
 *
 * @throws when a given port is taken, or when it doesn't come up within 60 s, with what it wrote
 */
export async function startPds(options: PdsOptions = {}): Promise<Pds> {
  if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
    throw new Error(
      `The PDS needs Node ${String(OLDEST_NODE)} or newer, this is ${process.version}. Start through an npm script: those use the repository's own Node.`,
    );
  }
  const temporary = options.dataDir === undefined ? mkdtempSync(join(tmpdir(), "plyr-pds-")) : undefined;
  const dataDir = resolve(temporary ?? options.dataDir ?? ".");
  const port = options.port ?? (await freePort());
  const listenPort = options.listenPort ?? port;
  const settings: PdsSettings = {
    dataDir,
    port,
    listenPort,
    ...(options.behind && { hostname: options.behind.name }),
    plcPort: options.plcPort ?? (await freePort()),
    rateLimitsEnabled: options.rateLimitsEnabled ?? false,
    blobUploadLimit: options.blobUploadLimit ?? 5 * 1024 * 1024,
  };
  const server = new Program({
    name: "The PDS",
    command: process.execPath,
    args: [program, JSON.stringify(settings)],
    env: {
      ...process.env,
      ...options.behind?.front.env,
      LOG_ENABLED: "true",
      LOG_LEVEL: "error",
      LOG_SYSTEMS: "",
      LOG_DESTINATION: "",
    },
    ipc: true,
    ...(temporary === undefined ? {} : { folder: temporary }),
  });
  const close = async (): Promise<void> => {
    try {
      await server.close();
    } finally {
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
    }
  };

  const up = async (): Promise<PdsReady> => {
    for (const wanted of [listenPort, settings.plcPort]) {
      if (!(await isFree(wanted))) {
        throw new Error(
          `Port ${String(wanted)} is taken, and the PDS or its PLC directory has to listen on it.`,
        );
      }
    }
    const child = await server.start();
    const message = once(child, "message", { signal: AbortSignal.timeout(START_LIMIT) });
    const outcome = await Promise.race([message, server.ended()]).catch((error: unknown) => {
      throw new Error(`The PDS did not come up within ${String(START_LIMIT)} ms:\n${server.output}`, {
        cause: error,
      });
    });
    if (outcome === undefined) throw new Error(`The PDS ended while it started:\n${server.output}`);
    return pdsReady.parse(outcome[0]);
  };

  const ready = await up().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  options.behind?.front.lead(options.behind.name, listenPort);
  const listenUrl = `http://localhost:${String(listenPort)}`;
  return {
    url: options.behind ? `https://${options.behind.name}` : `http://localhost:${String(port)}`,
    listenUrl,
    plcUrl: `http://${LOOPBACK}:${String(settings.plcPort)}`,
    dataDir,
    adminPassword: ready.adminPassword,
    get pid() {
      return server.pid;
    },
    get output() {
      return server.output;
    },
    createAccount: (account) => createAccount(listenUrl, account),
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
      await up();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
