import { setTimeout as pause } from "node:timers/promises";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { z } from "zod";
import type { UploadProgress } from "../tracks/upload-progress.js";
import type { SignedInEnv } from "./env.js";
import { Problem } from "./problem.js";
import type { Doorkeeper } from "./signed-in.js";

export interface UploadsRouteOptions {
  doorkeeper: Doorkeeper;
  /** A person's own uploads; with an id, that one if it is theirs. */
  uploadsOf: (did: string, id?: string) => Promise<UploadProgress[]>;
}

/** How often the database is asked for somebody who watches, and for how long; milliseconds. */
const LOOK = 500;
const LONGEST = 600_000;
/** After this many looks without news something is sent, or proxies would take the line for dead. */
const QUIET_LOOKS = 30;

/** How one's own uploads get on: all of them, or one as it goes. */
export function uploadsRoutes({ doorkeeper, uploadsOf }: UploadsRouteOptions): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();
  routes.use("/tracks/uploads/*", doorkeeper.demandSignedIn());

  routes.get("/tracks/uploads", doorkeeper.demandSignedIn(), async (c) =>
    c.json({ uploads: await uploadsOf(c.get("person").did) }),
  );

  // As events for whoever asks for them, else as it stands now.
  routes.get("/tracks/uploads/:id/progress", async (c) => {
    const { did } = c.get("person");
    const id = c.req.param("id");
    const first = await look(did, id);
    if (!(c.req.header("accept") ?? "").includes("text/event-stream")) return c.json(first);
    return streamSSE(c, async (stream) => {
      const ends = performance.now() + LONGEST;
      let said = "";
      let quiet = 0;
      for (let now = first; !stream.aborted; now = await look(did, id)) {
        const data = JSON.stringify(now);
        if (data !== said) await stream.writeSSE({ event: "progress", data });
        else if (quiet >= QUIET_LOOKS) await stream.write(": still here\n\n");
        quiet = data !== said || quiet >= QUIET_LOOKS ? 0 : quiet + 1;
        said = data;
        if (now.phase === "done" || now.phase === "failed" || performance.now() > ends) return;
        await pause(LOOK);
      }
    });
  });

  async function look(did: string, id: string): Promise<UploadProgress> {
    const [upload] = z.uuid().safeParse(id).success ? await uploadsOf(did, id) : [];
    // Somebody else's upload is as unknown as one that never was.
    if (upload === undefined) throw new Problem(404, "unknown_upload", "There is no such upload of yours");
    return upload;
  }

  return routes;
}
