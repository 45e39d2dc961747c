import { Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import type { ReceivedFile } from "../tracks/receive.js";
import type { Releases } from "../tracks/releases.js";
import { parseAlbumField } from "./albums-routes.js";
import { demandEmptyBody } from "./empty-body.js";
import type { SignedInEnv } from "./env.js";
import { parseBody } from "./posted-body.js";
import { readForm } from "./multipart.js";
import { Problem } from "./problem.js";
import type { Doorkeeper } from "./signed-in.js";
import { parseTrackId } from "./track-id.js";

export interface ReleasesRouteOptions {
  doorkeeper: Doorkeeper;
  releases: Releases;
  /** What the person's grant lacks for publishing, in the PDS's words; empty: nothing. */
  lacksForPublishing: (did: string) => Promise<string[]>;
  /** Bytes. */
  maxUploadBytes: number;
}

/** Of a refused upload the rest is not read, so nothing else can come on its line. */
const closeIfRefused: MiddlewareHandler<SignedInEnv> = async (c, next) => {
  await next();
  if (c.res.status >= 400) c.header("connection", "close");
};

/** What stands around the file in a form. */
const FORM = 64 * 1024;

const change = z.strictObject({ title: z.string().optional(), description: z.string().optional() });

/** Uploading, editing and deleting one's own tracks. Each answers at once; the PDS follows. */
export function releasesRoutes(options: ReleasesRouteOptions): Hono<SignedInEnv> {
  const { doorkeeper, releases, maxUploadBytes } = options;
  const routes = new Hono<SignedInEnv>();

  routes.on("POST", ["/tracks", "/tracks/"], closeIfRefused, doorkeeper.demandSignedIn(), async (c) => {
    const { did } = c.get("person");
    await demandPermission(did);
    if (Number(c.req.header("content-length") ?? 0) > maxUploadBytes + FORM) {
      throw new Problem(413, "too_large", `At most ${String(maxUploadBytes)} bytes are taken in`, "file");
    }
    let fileName: string | null = null;
    const { fields, file } = await readForm(c.req.raw, ["title", "description", "album_id"], {
      take: (content, name) => {
        fileName = name;
        return releases.receive(did, content);
      },
      discard: (received, reason) => releases.discard(received, reason),
    });
    const words = { title: fields.get("title"), description: fields.get("description"), fileName };
    const albumId = await albumIn(fields, file);
    const { trackId } = await releases.accept(did, file, { ...words, albumId });
    return c.json({ upload: { id: file.uploadId }, track: { id: trackId } }, 202);
  });

  routes.patch("/tracks/:id", doorkeeper.demandSignedIn(), async (c) => {
    const trackId = parseTrackId(c.req.param("id"));
    const { title, description } = await parseBody(c, change);
    const changes = {
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
    };
    await releases.edit(c.get("person").did, trackId, changes);
    return c.json({ id: trackId });
  });

  routes.delete("/tracks/:id", doorkeeper.demandSignedIn(), async (c) => {
    await demandEmptyBody(c);
    const trackId = parseTrackId(c.req.param("id"));
    const { likes } = await releases.remove(c.get("person").did, trackId);
    return c.json({ deleted: true, likesTakenBack: likes });
  });

  async function albumIn(fields: ReadonlyMap<string, string>, file: ReceivedFile) {
    try {
      return parseAlbumField(fields.get("album_id"));
    } catch (error) {
      await releases.discard(file, "The album was not named by a number");
      throw error;
    }
  }

  async function demandPermission(did: string): Promise<void> {
    const lacking = await options.lacksForPublishing(did);
    if (lacking.length === 0) return;
    throw new Problem(
      403,
      "sign_in_again",
      "Your PDS has not given us the permission to publish tracks. Sign in again to give it; your likes go on as before",
    );
  }

  return routes;
}
