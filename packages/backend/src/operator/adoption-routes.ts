import { Hono } from "hono";
import { z } from "zod";
import { adopt } from "../adoption/adopt.js";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { auditPartsOf } from "./audit-parts-of.js";
import { demandKnown } from "./known-person.js";
import { answerLines } from "./lines.js";
import type { OperatorServices } from "./services.js";

const request = z.strictObject({ did: z.string().startsWith("did:", "is not a DID").max(2_048).optional() });

/** Brings the database up to people's repositories. Answers record by record. */
export function adoptionRoutes(services: OperatorServices): Hono<HttpEnv> {
  const { db, publicUrl, log } = services;
  const parts = { ...auditPartsOf(services), publicUrl };
  const routes = new Hono<HttpEnv>();
  routes.post("/adoption", async (c) => {
    const { did } = await parseBody(c, request);
    if (did !== undefined) await demandKnown(db, did);
    return answerLines(c, log, (signal) => adopt(parts, did, signal));
  });
  return routes;
}
