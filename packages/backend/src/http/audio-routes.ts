import { Readable } from "node:stream";
import { Hono, type Context, type MiddlewareHandler } from "hono";
import { NotStored, type Storage } from "../storage/storage.js";
import type { FoundAudio } from "../tracks/find-audio.js";
import { parseRange } from "./byte-range.js";
import type { HttpEnv } from "./env.js";
import { Problem } from "./problem.js";
import { parseTrackId } from "./track-id.js";

const AUDIO_PATH = "/tracks/:id/audio";
const DAY = "public, max-age=86400";

export interface AudioRouteOptions {
  findAudio: (trackId: number) => Promise<FoundAudio>;
  storage: Storage;
}

/** A track's audio for anybody, whole or in parts: players jump to where they want to be. */
export function audioRoutes({ findAudio, storage }: AudioRouteOptions): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get(AUDIO_PATH, async (c) => {
    const audio = await findAudio(parseTrackId(c.req.param("id")));
    if ("url" in audio) return c.redirect(audio.url);
    // The content under a key never changes.
    const etag = `"${audio.key.split("/").at(-1) ?? ""}"`;
    c.header("accept-ranges", "bytes");
    c.header("etag", etag);
    c.header("cache-control", DAY);
    if (c.req.header("if-none-match") === etag) return c.body(null, 304);

    const range = wantsPart(c, etag) ? parseRange(c.req.header("range"), audio.size) : null;
    if (range === "unsatisfiable") {
      c.header("content-range", `bytes */${String(audio.size)}`);
      throw new Problem(416, "no_such_part", `The audio has ${String(audio.size)} bytes`, "range");
    }
    const { start, end } = range ?? { start: 0, end: audio.size - 1 };
    c.header("content-type", audio.mimeType);
    c.header("content-length", String(end - start + 1));
    if (range !== null)
      c.header("content-range", `bytes ${String(start)}-${String(end)}/${String(audio.size)}`);
    const status = range === null ? 200 : 206;
    if (c.req.method === "HEAD") return c.body(null, status);
    const content = await storage.get(audio.key, range ?? undefined).catch((error: unknown) => {
      // Deleted between the two questions.
      throw error instanceof NotStored ? new Problem(404, "unknown_track", "The audio is gone") : error;
    });
    return c.body(Readable.toWeb(content), status);
  });

  return routes;
}

/** Records name this address, so that other services' players can use it. To be put before `securityHeaders`. */
export function audioForEverybody(): { path: string; handler: MiddlewareHandler } {
  return {
    path: AUDIO_PATH,
    handler: async (c, next) => {
      await next();
      c.header("cross-origin-resource-policy", "cross-origin");
      c.header("access-control-allow-origin", "*");
    },
  };
}

function wantsPart(c: Context, etag: string): boolean {
  const condition = c.req.header("if-range");
  return condition === undefined || condition === etag;
}
