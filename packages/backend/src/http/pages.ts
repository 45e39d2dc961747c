import { existsSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import type { HttpEnv } from "./env.js";
import { Problem } from "./problem.js";

const YEAR = "public, max-age=31536000, immutable";

/**
 * The built pages. A path without a file is the page's own business: it gets index.html, unless it looks like a file or
 * the asker does not want HTML.
 *
 * @param webDir absolute
 */
export function pages(webDir: string): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  if (!existsSync(join(webDir, "index.html"))) return routes;

  routes.use(
    serveStatic({
      root: webDir,
      onFound: (path, c) => {
        // Built assets carry a hash of their content in their name.
        c.header("cache-control", path.includes("/assets/") ? YEAR : "no-cache");
      },
    }),
  );
  const index = serveStatic({ root: webDir, path: "index.html" });
  routes.get("*", async (c, next) => {
    const wantsPage = c.req.header("accept")?.includes("text/html") ?? false;
    if (!wantsPage || /\.\w+$/.test(c.req.path)) {
      throw new Problem(404, "not_found", `There is nothing at ${c.req.path.slice(0, 80)}`);
    }
    c.header("cache-control", "no-cache");
    return index(c, next);
  });
  return routes;
}
