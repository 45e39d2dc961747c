import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A line to a server that breaks as it is told to. */
export interface BrittleLine extends AsyncDisposable {
  readonly url: string;
  /** From now on each connection is cut once so many bytes have come back on it. */
  cutAfter(bytes: number): void;
  cuts(): number;
}

export async function startBrittleLine(port: number): Promise<BrittleLine> {
  let most = Number.POSITIVE_INFINITY;
  let cuts = 0;
  const line = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    let passed = 0;
    client.on("error", () => undefined).on("close", () => server.destroy());
    server.on("error", () => undefined).on("close", () => client.destroy());
    client.pipe(server);
    server.on("data", (chunk) => {
      passed += chunk.length;
      client.write(chunk);
      if (passed < most || client.destroyed) return;
      cuts += 1;
      // What was written goes out first.
      client.destroySoon();
    });
  });
  line.listen(0, "127.0.0.1");
  await once(line, "listening");
  const address = line.address();
  if (address === null || typeof address === "string") throw new Error("the line has no port");
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    cutAfter: (bytes) => {
      most = bytes;
    },
    cuts: () => cuts,
    [Symbol.asyncDispose]: () =>
      new Promise((closed) =>
        line.close(() => {
          closed();
        }),
      ),
  };
}
