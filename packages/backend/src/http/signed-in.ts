import type { Context, MiddlewareHandler } from "hono";
import type { BrowserSessions, SignedIn } from "../auth/browser-sessions.js";
import type { Cookies } from "./cookies.js";
import type { SignedInEnv } from "./env.js";
import { Problem } from "./problem.js";

/** Finds out who a request comes from. */
export class Doorkeeper {
  readonly #sessions: BrowserSessions;
  readonly #cookies: Cookies;

  constructor(sessions: BrowserSessions, cookies: Cookies) {
    this.#sessions = sessions;
    this.#cookies = cookies;
  }

  async recognise(c: Context): Promise<SignedIn | undefined> {
    const token = this.#cookies.session(c);
    return token === undefined ? undefined : this.#sessions.find(token);
  }

  /** Middleware: 401 unless the browser is signed in; sets `person`. */
  demandSignedIn(): MiddlewareHandler<SignedInEnv> {
    return async (c, next) => {
      const person = await this.recognise(c);
      if (person === undefined) throw new Problem(401, "not_signed_in", "Sign in first");
      c.set("person", person);
      await next();
    };
  }
}
