import type { RequestIdVariables } from "hono/request-id";
import type { SignedIn } from "../auth/browser-sessions.js";

/** What the middleware leaves for the routes. */
export interface HttpEnv {
  Variables: RequestIdVariables;
}

/** Behind `demandSignedIn`: who asks. */
export interface SignedInEnv {
  Variables: RequestIdVariables & { person: SignedIn };
}
