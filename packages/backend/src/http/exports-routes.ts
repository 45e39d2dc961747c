import { Hono } from "hono";
import { z } from "zod";
import type { Exports } from "../exports/exports.js";
import { isOver, type ExportState } from "../exports/export-state.js";
import { UnknownExport } from "../exports/refusals.js";
import type { Storage } from "../storage/storage.js";
import { demandEmptyBody } from "./empty-body.js";
import type { SignedInEnv } from "./env.js";
import { answerProgress } from "./progress-events.js";
import type { Doorkeeper } from "./signed-in.js";
import { answerStored } from "./stored-file.js";

export interface ExportsRouteOptions {
  doorkeeper: Doorkeeper;
  exports: Exports;
  storage: Storage;
  publicUrl: string;
}

/** How long an address lives that leads straight to the bucket; seconds. A download that has begun goes on. */
const ADDRESS_LIVES = 300;

/** Exports of one's own music: whoever asks sees their own only, and somebody else's are as unknown as none. */
export function exportsRoutes({ doorkeeper, exports, storage, publicUrl }: ExportsRouteOptions) {
  const routes = new Hono<SignedInEnv>();
  const signedIn = doorkeeper.demandSignedIn();
  routes.use("/exports", signedIn);
  routes.use("/exports/*", signedIn, async (c, next) => {
    await next();
    // What is a person's own is kept by nobody on the way.
    c.header("cache-control", "private, no-store");
  });

  routes.post("/exports/media", async (c) => {
    await demandEmptyBody(c);
    const { state, isNew } = await exports.begin(c.get("person").did);
    return c.json(answerOf(state), isNew ? 202 : 200);
  });

  routes.get("/exports", async (c) => {
    const states = await exports.of(c.get("person").did);
    return c.json({ exports: states.map(answerOf) });
  });

  routes.get("/exports/:id", async (c) => {
    const { state, manifest } = await exports.find(c.get("person").did, parseExportId(c.req.param("id")));
    return c.json({ ...answerOf(state), manifest });
  });

  routes.get("/exports/:id/progress", async (c) => {
    const { did } = c.get("person");
    const id = parseExportId(c.req.param("id"));
    const look = async () => answerOf((await exports.find(did, id)).state);
    return answerProgress(c, {
      first: await look(),
      look: () => look().catch(ifGone),
      isOver,
    });
  });

  routes.get("/exports/:id/download", async (c) => {
    const id = parseExportId(c.req.param("id"));
    const { key, size, fileName } = await exports.archive(c.get("person").did, id);
    const address = await storage.url(key, ADDRESS_LIVES);
    if (address !== null) return c.redirect(address, 302);
    c.header("content-disposition", `attachment; filename="${fileName}"`);
    return answerStored(c, storage, {
      key,
      size,
      contentType: "application/zip",
      etag: id,
      name: "The archive",
    });
  });

  routes.delete("/exports/:id", async (c) => {
    const id = parseExportId(c.req.param("id"));
    await demandEmptyBody(c);
    return c.json(answerOf(await exports.remove(c.get("person").did, id)));
  });

  function answerOf(state: ExportState) {
    return {
      export_id: state.id,
      status: state.status,
      reason: state.reason,
      processed_count: state.processedCount,
      total_count: state.totalCount,
      processed_bytes: state.processedBytes,
      total_bytes: state.totalBytes,
      size: state.size,
      left_out: state.leftOut.map(({ title, uri, reason }) => ({ title, uri, reason })),
      download_url: state.expiresAt && new URL(`/exports/${state.id}/download`, publicUrl).href,
      created_at: state.createdAt.toISOString(),
      expires_at: state.expiresAt?.toISOString() ?? null,
    };
  }

  return routes;
}

/** @throws {UnknownExport} for what can't be an id: there is no such export either way */
function parseExportId(typed: string): string {
  const parsed = z.uuid().safeParse(typed);
  if (!parsed.success) throw new UnknownExport();
  return parsed.data;
}

function ifGone(error: unknown): null {
  if (error instanceof UnknownExport) return null;
  throw error;
}
