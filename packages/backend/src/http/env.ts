import type { RequestIdVariables } from "hono/request-id";
import type { SignedIn } from "../auth/browser-sessions.js";

/** What the middleware leaves for the routes. */
export interface HttpEnv {
  Variables: RequestIdVariables & {
    /** Who does what operators do: a DID, or an account of the machine. */
    operator?: string;
  };
}

/** Behind `demandSignedIn`: who asks. */
export interface SignedInEnv {
  Variables: HttpEnv["Variables"] & { person: SignedIn };
}
