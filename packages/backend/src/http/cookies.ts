import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import { SESSION_DAYS } from "../auth/browser-sessions.js";

const SIGN_IN_SECONDS = 3600;
const LISTENER_SECONDS = 24 * 3600;

/** The cookies that we set. Over HTTPS they are Secure and bound to this host by their prefix. */
export class Cookies {
  readonly #secure: boolean;

  constructor(publicUrl: string) {
    this.#secure = publicUrl.startsWith("https:");
  }

  /** The signed-in browser's token. */
  session(c: Context): string | undefined {
    return this.#get(c, "plyr_session");
  }

  setSession(c: Context, token: string): void {
    setCookie(c, "plyr_session", token, this.#options(SESSION_DAYS * 24 * 3600));
  }

  clearSession(c: Context): void {
    deleteCookie(c, "plyr_session", this.#options(0));
  }

  /** The secret of a browser that has begun to sign in. */
  signIn(c: Context): string | undefined {
    return this.#get(c, "plyr_sign_in");
  }

  /** Kept when there is one: two sign-ins begun in one browser can both be completed. */
  ensureSignIn(c: Context): string {
    const secret = this.signIn(c) ?? randomBytes(32).toString("base64url");
    setCookie(c, "plyr_sign_in", secret, this.#options(SIGN_IN_SECONDS));
    return secret;
  }

  clearSignIn(c: Context): void {
    deleteCookie(c, "plyr_sign_in", this.#options(0));
  }

  /** What tells the plays of a browser apart in which nobody is signed in. */
  listener(c: Context): string | undefined {
    return this.#get(c, "plyr_listener");
  }

  ensureListener(c: Context): string {
    const secret = this.listener(c) ?? randomBytes(32).toString("base64url");
    setCookie(c, "plyr_listener", secret, this.#options(LISTENER_SECONDS));
    return secret;
  }

  #get(c: Context, name: string): string | undefined {
    return this.#secure ? getCookie(c, name, "host") : getCookie(c, name);
  }

  #options(maxAge: number): CookieOptions {
    const options = { path: "/", httpOnly: true, sameSite: "Lax", maxAge } as const;
    return this.#secure ? { ...options, secure: true, prefix: "host" } : options;
  }
}
