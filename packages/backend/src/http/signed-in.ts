import type { Context, MiddlewareHandler } from "hono";
import type { BrowserSessions, SignedIn } from "../auth/browser-sessions.js";
import type { DeveloperTokens } from "../auth/developer-tokens.js";
import type { Cookies } from "./cookies.js";
import type { SignedInEnv } from "./env.js";
import { Problem } from "./problem.js";

/** Finds out who a request comes from: a signed-in browser by its cookie, a program by its token. */
export class Doorkeeper {
  readonly #sessions: BrowserSessions;
  readonly #tokens: DeveloperTokens;
  readonly #cookies: Cookies;

  constructor(sessions: BrowserSessions, tokens: DeveloperTokens, cookies: Cookies) {
    this.#sessions = sessions;
    this.#tokens = tokens;
    this.#cookies = cookies;
  }

  /**
   * Undefined: nobody. A token, where there is one, decides alone.
   *
   * @throws {Problem} 401 for a token that is nobody's: to carry on as nobody would hide that from its owner
   */
  async recognise(c: Context): Promise<SignedIn | undefined> {
    const token = bearerOf(c);
    if (token === undefined) return this.#browser(c);
    const person = await this.#tokens.find(token);
    if (person !== undefined) return person;
    c.header("www-authenticate", 'Bearer error="invalid_token"');
    throw new Problem(401, "unknown_token", "This token is not known here (any more)");
  }

  /** Middleware: 401 unless a browser is signed in or a token is good; sets `person`. */
  demandSignedIn(): MiddlewareHandler<SignedInEnv> {
    return async (c, next) => {
      const person = await this.recognise(c);
      if (person === undefined) throw new Problem(401, "not_signed_in", "Sign in first");
      c.set("person", person);
      await next();
    };
  }

  /** Middleware, for what a token may not do: 403 for a token, 401 unless the browser is signed in; sets `person`. */
  demandBrowser(): MiddlewareHandler<SignedInEnv> {
    return async (c, next) => {
      demandNoToken(c);
      const person = await this.#browser(c);
      if (person === undefined) throw new Problem(401, "not_signed_in", "Sign in first");
      c.set("person", person);
      await next();
    };
  }

  /** A program's request that a browser can't have been made to send: it carries a token, and no cookie of ours. */
  isProgram(c: Context): boolean {
    return bearerOf(c) !== undefined && this.#cookies.session(c) === undefined;
  }

  async #browser(c: Context): Promise<SignedIn | undefined> {
    const token = this.#cookies.session(c);
    return token === undefined ? undefined : this.#sessions.find(token);
  }
}

/** @throws {Problem} 403 when the request carries a token */
export function demandNoToken(c: Context): void {
  if (bearerOf(c) === undefined) return;
  throw new Problem(403, "browser_only", "A token can't do this: do it in a browser where you are signed in");
}

/** Undefined also when the header is for somebody else, as for a proxy that asks for a password. */
function bearerOf(c: Context): string | undefined {
  return /^bearer +(.+)$/i.exec(c.req.header("authorization") ?? "")?.[1]?.trim();
}
