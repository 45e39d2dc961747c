import { request as httpRequest, type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Send } from "./operator.js";

/** Nothing serves the operator at this socket. */
export class NobodyThere extends Error {
  override readonly name = "NobodyThere";
}

const ABSENT = new Set(["ENOENT", "ECONNREFUSED"]);

/** Sends requests over a Unix domain socket. @throws {NobodyThere} when nobody listens there */
export function overSocket(socketPath: string): Send {
  return async ({ method, path, body }) => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = httpRequest({
        socketPath,
        agent: false,
        method,
        path,
        headers: body === undefined ? {} : { "content-type": "application/json" },
      });
      outgoing.once("response", resolve);
      outgoing.once("error", (cause) => {
        const absent = "code" in cause && typeof cause.code === "string" && ABSENT.has(cause.code);
        reject(absent ? new NobodyThere(`nobody listens at ${socketPath}`, { cause }) : cause);
      });
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
    return new Response(Readable.toWeb(answer), { status: answer.statusCode ?? 500 });
  };
}
