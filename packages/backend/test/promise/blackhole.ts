import { createServer, type Socket } from "node:net";

/** A server that takes every connection and every byte, and never answers: what is sent there arrives nowhere. */
export async function startBlackhole(): Promise<{ port: number; close(): Promise<void> } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  if (address === null || typeof address === "string") throw new Error("the blackhole has no port");
  return { port: address.port, close, [Symbol.asyncDispose]: close };
}
