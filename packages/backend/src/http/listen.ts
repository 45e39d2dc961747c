import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { HttpEnv } from "./env.js";

export interface Listener {
  /** Takes no new requests, lets those that run finish for up to 5 s, and closes. */
  stop(): Promise<void>;
}

const GRACE_MS = 5_000;
/** A large file on a slow line takes longer than Node's five minutes; one that stalls is given up much earlier. */
const REQUEST_MS = 6 * 3_600_000;

/** @throws when the address can't be listened on, naming it */
export async function listen(app: Hono<HttpEnv>, host: string, port: number): Promise<Listener> {
  const server = createAdaptorServer({ fetch: app.fetch });
  if (!isPlainServer(server)) throw new TypeError("The HTTP server is not a plain one");
  server.requestTimeout = REQUEST_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new Error(`HTTP can't listen on ${host}:${String(port)} (HOST, PORT): ${cause.message}`, { cause }),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
  return { stop: () => closeServer(server) };
}

export function isPlainServer(server: ReturnType<typeof createAdaptorServer>): server is Server {
  return "closeIdleConnections" in server;
}

/** As `Listener.stop` says. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) =>
    server.close(() => {
      resolve();
    }),
  );
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, GRACE_MS);
  await closed;
  clearTimeout(timer);
}
