import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { LOOPBACK, freePort } from "../network/ports.js";
import { type Certificate, makeCertificate } from "./authority.js";

/** How somebody in our own process comes to what stands behind a front. */
export interface FrontDoor {
  readonly port: number;
  /** In PEM. */
  readonly authority: string;
}

/** `https://NAME` for servers that speak plain HTTP on loopback, without DNS and without port 443. */
export interface HttpsFront extends AsyncDisposable {
  readonly door: FrontDoor;
  /** For servers of their own under these names. */
  readonly files: Certificate["files"];
  /**
   * For the environment of a process of Node that is to find the names: it asks for them by a proxy, as in networks
   * without a way out, and trusts the authority besides those that it knows.
   */
  readonly env: Readonly<Record<string, string>>;
  /** From now on new connections to a name come out at this port of loopback. */
  lead(name: string, port: number): void;
  /** May be called twice. */
  close(): Promise<void>;
}

/** @param names that it has a certificate for; nothing is behind them until `lead` is called */
export async function startHttpsFront(names: readonly string[]): Promise<HttpsFront> {
  const folder = mkdtempSync(join(tmpdir(), "plyr-https-"));
  // Also for processes of other users; the keys are for us alone.
  chmodSync(folder, 0o755);
  const { authority, certificate, key, files } = makeCertificate(folder, names);
  const ports = new Map<string, number>();
  const open = new Set<Duplex>();

  const tls = createTlsServer({ cert: certificate, key }, (client) => {
    const port = ports.get(client.servername === false ? "" : (client.servername ?? ""));
    if (port === undefined) client.destroy();
    else joinSides(client, connect(port, LOOPBACK));
  });
  const proxy = createHttpServer((_request, response) => response.writeHead(405).end());
  const port = await freePort();
  proxy.on("connect", (request, client, head) => {
    if (!names.includes(new URL(`http://${request.url ?? ""}`).hostname)) {
      client.end("HTTP/1.1 502 Unknown Name\r\n\r\n");
      return;
    }
    const onward = connect(port, LOOPBACK);
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    onward.write(head);
    joinSides(client, onward);
  });

  /** What one side says, the other hears; when one goes, so does the other. */
  function joinSides(client: Duplex, server: Socket): void {
    for (const [side, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(side);
      side.pipe(other);
      side.on("error", () => other.destroy());
      side.on("close", () => {
        open.delete(side);
        other.destroy();
      });
    }
  }

  const proxyPort = await freePort();
  await listen(tls, port);
  await listen(proxy, proxyPort);
  const close = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    for (const server of [tls, proxy]) {
      if (!server.listening) continue;
      server.close();
      await once(server, "close");
    }
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    door: { port, authority },
    files,
    env: {
      NODE_USE_ENV_PROXY: "1",
      HTTPS_PROXY: `http://${LOOPBACK}:${String(proxyPort)}`,
      NO_PROXY: `${LOOPBACK},localhost`,
      NODE_EXTRA_CA_CERTS: files.authority,
    },
    lead: (name, target) => {
      ports.set(name, target);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, LOOPBACK);
  await once(server, "listening");
}
