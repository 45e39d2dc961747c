import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import type { FrontDoor } from "../https/front.js";
import { LOOPBACK } from "../network/ports.js";
import type { CookieJar } from "./cookie-jar.js";

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Asking {
  method: string;
  url: URL;
  jar: CookieJar;
  headers?: Record<string, string>;
  body?: string;
  /** Where `https:` leads to. */
  door?: FrontDoor | undefined;
}

/**
 * One HTTP exchange with cookies and without following redirects. By `node:http`, because the global
 * `fetch` sets `sec-fetch-mode: cors` by itself, which a PDS's sign-in page refuses.
 *
 * @throws when nobody answers
 */
export async function exchange({ method, url, jar, headers = {}, body, door }: Asking): Promise<Reply> {
  const cookie = jar.headerFor(url);
  return await new Promise((resolve, reject) => {
    const options = {
      method,
      agent: false,
      headers: {
        host: url.host,
        ...(cookie === "" ? {} : { cookie }),
        ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
        ...headers,
      },
    } as const;
    const outgoing =
      door !== undefined && url.protocol === "https:"
        ? httpsRequest(url, {
            ...options,
            hostname: LOOPBACK,
            port: door.port,
            servername: url.hostname,
            ca: door.authority,
          })
        : httpRequest(url, options);
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => {
      jar.take(answer.headers["set-cookie"] ?? []);
      text(answer)
        .then((content) => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: content });
        })
        .catch(reject);
    });
    outgoing.end(body);
  });
}
