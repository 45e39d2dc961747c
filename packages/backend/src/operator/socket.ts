import { chmod, mkdir, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { dirname, join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { HttpEnv } from "../http/env.js";
import { closeServer, isPlainServer, type Listener } from "../http/listen.js";

/** Longer ones don't fit into a socket's address on every system; bytes. */
const LONGEST_PATH = 103;

/** Where a process that has the embedded database to itself answers its operator. */
export function operatorSocket(dataDir: string): string {
  return join(dataDir, "operator", "operator.sock");
}

/** Why no socket can be at this path; null when one can. */
export function whyNoSocket(path: string): string | null {
  if (Buffer.byteLength(path) <= LONGEST_PATH) return null;
  return (
    `${path} is longer than the ${String(LONGEST_PATH)} bytes that a socket's address takes: ` +
    `the operator's commands can't reach this process. Choose a shorter DATA_DIR`
  );
}

/**
 * Answers at a socket that only the account of this process can open. The folder's lock must be ours: what lies at the path
 * is then what a killed process left.
 */
export async function listenOnSocket(app: Hono<HttpEnv>, path: string): Promise<Listener> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // It may have been there before, open to others.
  await chmod(folder, 0o700);
  await rm(path, { force: true });
  const server = createAdaptorServer({ fetch: app.fetch });
  if (!isPlainServer(server)) throw new TypeError("The HTTP server is not a plain one");
  await begin(server, path);
  await chmod(path, 0o600);
  return { stop: () => closeServer(server) };
}

function begin(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(new Error(`The operator's socket ${path} can't be opened: ${cause.message}`, { cause }));
    });
    server.listen(path, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}
