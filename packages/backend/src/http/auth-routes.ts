import { Hono, type Context } from "hono";
import { z } from "zod";
import type { Auth } from "../auth/auth.js";
import type { BrowserSessions } from "../auth/browser-sessions.js";
import { CALLBACK_PATH, CLIENT_KEYS_PATH, CLIENT_METADATA_PATH } from "../auth/client-metadata.js";
import { NotAnIdentifier, parseIdentifier } from "../auth/identifier.js";
import { SignInFailed } from "../auth/sign-in-failed.js";
import type { Departures } from "../people/departures.js";
import type { WaitingWrites } from "../waiting/waiting.js";
import type { Cookies } from "./cookies.js";
import type { HttpEnv } from "./env.js";
import { parseOptionalBody } from "./posted-body.js";
import { OpenWrites, Problem } from "./problem.js";
import { demandNoToken } from "./signed-in.js";

export interface AuthRouteOptions {
  auth: Auth;
  sessions: BrowserSessions;
  cookies: Cookies;
  publicUrl: string;
  departures: Pick<Departures, "isLeaving">;
  waiting: Pick<WaitingWrites, "cancelAll">;
  /** How many of a person's writes are not on their PDS yet. */
  countUnsettled: (did: string) => Promise<number>;
}

/** What is to become of writes that wait, of who signs out. */
const parting = z.strictObject({
  anyway: z.literal(true, "must be true, or left out").optional(),
  cancel: z.literal(true, "must be true, or left out").optional(),
});

/**
 * Sign-in, the return from the PDS, sign-out, and who we are to PDSs. A sign-out ends the session of one browser; the
 * grant stays, so that what a person did before goes on to their PDS, and their other browsers and tokens go on.
 */
export function authRoutes(options: AuthRouteOptions): Hono<HttpEnv> {
  const { auth, sessions, cookies, publicUrl } = options;
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
      cookies.clearSignIn(c);
      // The grant is there for the deletion to go on with; there is nothing to be signed in to.
      if (await options.departures.isLeaving(did)) return c.redirect("/?signInError=being_deleted");
      cookies.setSession(c, await sessions.open(did));
      return c.redirect("/");
    } catch (error) {
      if (!(error instanceof SignInFailed)) throw error;
      // The page has the words; free text in a URL would be anybody's to write.
      return c.redirect(`/?signInError=${error.failure}`);
    }
  });

  routes.post("/auth/logout", async (c) => {
    demandNoToken(c);
    const { anyway, cancel } = await parseOptionalBody(c, parting);
    const token = cookies.session(c);
    const person = token === undefined ? undefined : await sessions.find(token);
    const outcome =
      person !== undefined && cancel === true ? await options.waiting.cancelAll(person.did) : undefined;
    if (person !== undefined && anyway !== true && cancel !== true) await demandNothingOpen(person.did);
    if (token !== undefined) await sessions.close(token);
    cookies.clearSession(c);
    return outcome === undefined ? c.body(null, 204) : c.json(outcome);
  });

  routes.get(CLIENT_METADATA_PATH, (c) => c.json(auth.metadata));
  routes.get(CLIENT_KEYS_PATH, (c) => c.json(auth.jwks));

  async function demandNothingOpen(did: string): Promise<void> {
    const count = await options.countUnsettled(did);
    if (count === 0) return;
    throw new OpenWrites(count);
  }

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
