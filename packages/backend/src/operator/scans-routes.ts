import { Hono } from "hono";
import { z } from "zod";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { Problem } from "../http/problem.js";
import { listScans, openDecisions, UnknownScan } from "../scans/decisions.js";
import type { OperatorServices } from "./services.js";

const which = z.object({
  state: z.enum(["pending", "clear", "flagged", "review", "failed"]).optional(),
  undecided: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true"),
});
const decision = z.strictObject({
  scan: z.int().min(1).max(2_147_483_647),
  decision: z.enum(["keep", "take down"]),
  because: z.string().trim().min(1).max(500),
});
const again = z.strictObject({
  scan: z.int().min(1).max(2_147_483_647).optional(),
  which: z.enum(["all", "failed"]).optional(),
});
const MOST = 500;

/** What scans have found, and what is decided. */
export function scansRoutes({ db, background }: OperatorServices): Hono<HttpEnv> {
  const decisions = openDecisions({ db, outbox: background.outbox });
  const routes = new Hono<HttpEnv>();

  routes.get("/scans", async (c) => {
    const asked = which.safeParse(c.req.query());
    if (!asked.success) {
      const [issue] = asked.error.issues;
      const field = issue?.path[0]?.toString() ?? "state";
      throw new Problem(422, "malformed", `${field}: ${issue?.message ?? "is malformed"}`, field);
    }
    return c.json({ scans: await listScans(db, asked.data, MOST) });
  });

  routes.post("/scans/decide", async (c) => {
    const { scan, decision: what, because } = await parseBody(c, decision);
    await (what === "keep" ? decisions.keep(scan, because) : decisions.takeDown(scan, because)).catch(
      inWords,
    );
    return c.json({ scan, decision: what });
  });

  routes.post("/scans/again", async (c) => {
    const asked = await parseBody(c, again);
    if (asked.scan !== undefined) {
      await decisions.again(asked.scan).catch(inWords);
      return c.json({ scans: 1 });
    }
    if (asked.which === undefined) throw new Problem(422, "malformed", "scan: name one, or which", "scan");
    return c.json({ scans: await decisions.againAll(asked.which) });
  });

  return routes;
}

function inWords(error: unknown): never {
  throw error instanceof UnknownScan ? new Problem(404, "unknown_scan", error.message, "scan") : error;
}
