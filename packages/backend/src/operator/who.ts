import { userInfo } from "node:os";
import type { MiddlewareHandler } from "hono";
import type { HttpEnv } from "../http/env.js";

/** Says of all that is asked here who asks: the account of this machine that may. */
export function asThisAccount(): MiddlewareHandler<HttpEnv> {
  const who = accountName();
  return async (c, next) => {
    c.set("operator", who);
    await next();
  };
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // An account without a name, as containers have them.
    return `uid ${String(process.getuid?.() ?? "unknown")}`;
  }
}
