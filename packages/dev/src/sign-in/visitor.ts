import type { FrontDoor } from "../https/front.js";
import { CookieJar } from "./cookie-jar.js";
import { exchange, type Reply } from "./exchange.js";
import { signIn } from "./sign-in.js";

export interface VisitorReply extends Reply {
  /** The body as JSON, not yet checked. @throws when it isn't JSON */
  json(): unknown;
}

export interface VisitorRequest {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, whatever it is; goes before `body`. */
  rawBody?: string;
  /** Over those that a browser would send. */
  headers?: Record<string, string>;
}

/**
 * A person's browser at our service, without the browser: keeps cookies, says where it comes from as a
 * same-origin page would, and doesn't follow redirects.
 */
export class Visitor {
  readonly #base: URL;
  readonly #jar = new CookieJar();
  readonly #door: FrontDoor | undefined;

  /** @param door where `https:` leads to */
  constructor(serviceUrl: string, door?: FrontDoor) {
    this.#base = new URL(serviceUrl);
    this.#door = door;
  }

  get(path: string, request: VisitorRequest = {}): Promise<VisitorReply> {
    return this.send("GET", path, request);
  }

  post(path: string, request: VisitorRequest = {}): Promise<VisitorReply> {
    return this.send("POST", path, request);
  }

  delete(path: string, request: VisitorRequest = {}): Promise<VisitorReply> {
    return this.send("DELETE", path, request);
  }

  /** @param path relative to the service, or a whole URL */
  async send(
    method: string,
    path: string,
    { body, rawBody, headers }: VisitorRequest = {},
  ): Promise<VisitorReply> {
    const url = new URL(path, this.#base);
    const content = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
    const reply = await exchange({
      method,
      url,
      jar: this.#jar,
      door: this.#door,
      headers: {
        ...(method === "GET" ? {} : { origin: this.#base.origin, "sec-fetch-site": "same-origin" }),
        ...(content === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    return { ...reply, json: (): unknown => JSON.parse(reply.text) };
  }

  /** The value of a cookie that the service has set. */
  cookie(name: string): string | undefined {
    return this.#jar.get(name);
  }

  /**
   * Signs in as a person does: from the service to the PDS, there with the password, and back.
   * Returns the service's answer to the callback.
   *
   * @throws when the service doesn't send us to a PDS, or the PDS refuses
   */
  async signIn({ handle, password }: { handle: string; password: string }): Promise<VisitorReply> {
    const started = await this.get(`/auth/start?handle=${encodeURIComponent(handle)}`);
    const authorizeUrl = started.headers.location;
    if (authorizeUrl === undefined) {
      throw new Error(
        `/auth/start sent ${handle} nowhere: ${String(started.status)} ${started.text.slice(0, 500)}`,
      );
    }
    return await this.get(await signIn({ authorizeUrl, handle, password, door: this.#door }));
  }
}
