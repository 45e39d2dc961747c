import { once } from "node:events";
import { createServer } from "node:net";

export const LOOPBACK = "127.0.0.1";

// Below the range from which Linux and macOS take the ports of outgoing connections: a server may be stopped
// and come back on its port, and meanwhile no client's own port (or a connection to itself) can have taken it.
const LOWEST = 20_000;
const HIGHEST = 32_700;

/** Whether nothing listens on this loopback port at the moment. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: LOOPBACK, exclusive: true });
    await once(server, "listening");
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  } finally {
    server.close();
  }
}

/**
 * A loopback port on which nothing listens, 20,000–32,700. Nobody holds it for you: whoever starts a server on
 * it tries again with another when it was taken in between.
 *
 * @throws when 100 tries found none
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
  throw new Error(`No free loopback port was found between ${String(LOWEST)} and ${String(HIGHEST)}.`);
}

/** Whether an error says that the address is in use. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}
