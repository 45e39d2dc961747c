import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "./problem.js";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/**
 * Refuses what another site makes a browser do. Browsers say where an unsafe request comes from; what says nothing is not
 * a browser, and carries no cookie that it was not given. Covers every content type, JSON included.
 *
 * @param isProgram a request with a credential that no other site can make a browser send: where it says that it comes
 *   from doesn't matter
 */
export function demandSameOrigin(publicUrl: string, isProgram: (c: Context) => boolean): MiddlewareHandler {
  return async (c, next) => {
    if (
      !SAFE_METHODS.includes(c.req.method) &&
      !isProgram(c) &&
      !isOwn(c.req.header("origin"), c.req.header("sec-fetch-site"))
    ) {
      throw new Problem(
        403,
        "foreign_origin",
        `This request does not come from ${publicUrl}: open the page under that address`,
      );
    }
    await next();
  };

  function isOwn(origin: string | undefined, site: string | undefined): boolean {
    if (origin !== undefined) return origin === publicUrl;
    return site === undefined || site === "same-origin" || site === "none";
  }
}
