import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** These speak of one connection, and the gate has one on each side. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding"]);

export interface TargetAnswer {
  status: number;
  /** The words beside the status. */
  reason: string;
  rawHeaders: string[];
  body: Buffer;
}

/**
 * Sends a request on exactly as it came (host and all, since signatures cover the URL) and reads the whole
 * answer.
 *
 * @throws when the target is unreachable or cuts the connection
 */
export async function askTarget(target: URL, incoming: IncomingMessage, body: Buffer): Promise<TargetAnswer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = httpRequest({
      // A new connection each time: one kept from before a restart of the target would fail a request for it.
      agent: false,
      host: "127.0.0.1",
      port: target.port,
      method: incoming.method ?? "GET",
      path: incoming.url ?? "/",
      setHost: false,
      headers: endToEnd(incoming.rawHeaders),
    });
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
    outgoing.end(body);
  });
  return {
    status: answer.statusCode ?? 502,
    reason: answer.statusMessage ?? "",
    rawHeaders: answer.rawHeaders,
    body: await buffer(answer),
  };
}

/** Sends the target's answer to the client exactly as it came. */
export function passOn(answer: TargetAnswer, response: ServerResponse): void {
  response.sendDate = false;
  response.writeHead(answer.status, answer.reason, endToEnd(answer.rawHeaders));
  response.end(answer.body);
}

function endToEnd(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, rawHeaders[index + 1] ?? "");
  }
  return kept;
}
