import { Hono } from "hono";
import { z } from "zod";
import { addWork, listWorks, removeWork } from "../catalogue/catalogue.js";
import { toItems } from "../fingerprints/contents.js";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { Problem } from "../http/problem.js";
import { parseTrackId } from "../http/track-id.js";
import type { OperatorServices } from "./services.js";

const words = z.string().trim().min(1).max(256);
/** A day of audio: 8 items a second, 4 bytes each. */
const LONGEST = 3_000_000;

const newWork = z.strictObject({
  title: words,
  artist: words,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "is not a SHA-256 in hex"),
  seconds: z.number().positive().max(86_400),
  audible: z.number().min(0).max(1),
  /** 32-bit items, the lowest byte first, in base64. */
  fingerprint: z
    .base64()
    .max(Math.ceil((LONGEST * 4) / 3) + 4)
    .transform((text) => Buffer.from(text, "base64"))
    .refine((bytes) => bytes.length > 0 && bytes.length % 4 === 0, "is not a fingerprint"),
});

const page = z.object({ after: z.coerce.number().int().min(0).max(2_147_483_647).default(0) });
const MOST = 500;

/** The works with which tracks are compared. Files stay where they are: what is sent is their fingerprint. */
export function catalogueRoutes({ db }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.post("/catalogue", async (c) => {
    const { fingerprint, ...work } = await parseBody(c, newWork);
    return c.json(await addWork(db, { ...work, fingerprint: toItems(fingerprint) }));
  });

  routes.get("/catalogue", async (c) => {
    const asked = page.safeParse(c.req.query());
    if (!asked.success) throw new Problem(422, "malformed", "after must be the number of a work", "after");
    return c.json({ works: await listWorks(db, asked.data.after, MOST) });
  });

  routes.delete("/catalogue/:id", async (c) => {
    const id = parseTrackId(c.req.param("id"));
    if (!(await removeWork(db, id)))
      throw new Problem(404, "unknown_work", `There is no work ${String(id)} in the catalogue`);
    return c.json({ removed: id });
  });

  return routes;
}
