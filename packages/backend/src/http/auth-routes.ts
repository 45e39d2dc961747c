import { Hono, type Context } from "hono";
import { z } from "zod";
import type { Auth } from "../auth/auth.js";
import type { BrowserSessions } from "../auth/browser-sessions.js";
import { CALLBACK_PATH, CLIENT_METADATA_PATH } from "../auth/client-metadata.js";
import { NotAnIdentifier, parseIdentifier } from "../auth/identifier.js";
import { SignInFailed } from "../auth/sign-in-failed.js";
import type { Cookies } from "./cookies.js";
import type { HttpEnv } from "./env.js";
import { Problem } from "./problem.js";

export interface AuthRouteOptions {
  auth: Auth;
  sessions: BrowserSessions;
  cookies: Cookies;
  publicUrl: string;
}

/** Sign-in, the return from the PDS, sign-out, and who we are to PDSs. */
export function authRoutes({ auth, sessions, cookies, publicUrl }: AuthRouteOptions): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get("/auth/start", async (c) => {
    // The PDS will send the person to the address, not to the name: a cookie set for the name would not be there.
    if (isLocalhost(c) && new URL(publicUrl).hostname === "127.0.0.1") {
      const { pathname, search } = new URL(c.req.url);
      return c.redirect(new URL(pathname + search, publicUrl).href);
    }
    const identifier = readIdentifier(c.req.query("handle"));
    try {
      return c.redirect((await auth.start(identifier, cookies.ensureSignIn(c))).href);
    } catch (error) {
      if (!(error instanceof SignInFailed)) throw error;
      throw error.failure === "unresolvable"
        ? new Problem(422, error.failure, error.message, "handle")
        : new Problem(502, error.failure, error.message, "handle");
    }
  });

  routes.get(CALLBACK_PATH, async (c) => {
    try {
      const { did } = await auth.finish(new URL(c.req.url).searchParams, cookies.signIn(c));
      cookies.setSession(c, await sessions.open(did));
      cookies.clearSignIn(c);
      return c.redirect("/");
    } catch (error) {
      if (!(error instanceof SignInFailed)) throw error;
      // The page has the words; free text in a URL would be anybody's to write.
      return c.redirect(`/?signInError=${error.failure}`);
    }
  });

  routes.post("/auth/logout", async (c) => {
    const token = cookies.session(c);
    if (token !== undefined) await sessions.close(token);
    cookies.clearSession(c);
    return c.body(null, 204);
  });

  routes.get(CLIENT_METADATA_PATH, (c) => c.json(auth.metadata));

  return routes;
}

function readIdentifier(typed: string | undefined): string {
  try {
    return parseIdentifier(z.string().default("").parse(typed));
  } catch (error) {
    if (error instanceof NotAnIdentifier) throw new Problem(422, "malformed", error.message, "handle");
    throw error;
  }
}

function isLocalhost(c: Context): boolean {
  return new URL(c.req.url).hostname === "localhost";
}
