import { Hono } from "hono";
import { z } from "zod";
import type { UploadProgress } from "../tracks/upload-progress.js";
import type { SignedInEnv } from "./env.js";
import { answerProgress } from "./progress-events.js";
import { Problem } from "./problem.js";
import type { Doorkeeper } from "./signed-in.js";

export interface UploadsRouteOptions {
  doorkeeper: Doorkeeper;
  /** A person's own uploads; with an id, that one if it is theirs. */
  uploadsOf: (did: string, id?: string) => Promise<UploadProgress[]>;
}

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
    return answerProgress(c, {
      first,
      look: () => look(did, id),
      isOver: ({ phase }) => phase === "done" || phase === "failed",
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
