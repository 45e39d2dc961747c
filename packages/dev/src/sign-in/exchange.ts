import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
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
}

/**
 * One plain HTTP exchange with cookies and without following redirects. By `node:http`, because the global
 * `fetch` sets `sec-fetch-mode: cors` by itself, which a PDS's sign-in page refuses.
 *
 * @throws when nobody answers
 */
export async function exchange({ method, url, jar, headers = {}, body }: Asking): Promise<Reply> {
  const cookie = jar.headerFor(url);
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, {
      method,
      agent: false,
      headers: {
        ...(cookie === "" ? {} : { cookie }),
        ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
        ...headers,
      },
    });
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
