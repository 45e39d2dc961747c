import { Hono, type MiddlewareHandler } from "hono";
import type { Storage } from "../storage/storage.js";
import type { FoundAudio } from "../tracks/find-audio.js";
import type { HttpEnv } from "./env.js";
import { answerStored } from "./stored-file.js";
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
    const { key, size, mimeType: contentType } = audio;
    c.header("cache-control", DAY);
    const etag = key.split("/").at(-1) ?? "";
    return answerStored(c, storage, { key, size, contentType, etag, name: "The audio" });
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
