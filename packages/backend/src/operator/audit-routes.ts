import { Hono } from "hono";
import { z } from "zod";
import { audit } from "../audit/audit.js";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { auditPartsOf } from "./audit-parts-of.js";
import { demandKnown } from "./known-person.js";
import { answerLines } from "./lines.js";
import type { OperatorServices } from "./services.js";

const request = z.strictObject({
  did: z.string().startsWith("did:", "is not a DID").max(2_048).optional(),
  repair: z.boolean(),
});

/** Holds repositories against the database. Answers finding by finding. */
export function auditRoutes(services: OperatorServices): Hono<HttpEnv> {
  const { db, log } = services;
  const parts = auditPartsOf(services);
  const routes = new Hono<HttpEnv>();
  routes.post("/audit", async (c) => {
    const options = await parseBody(c, request);
    if (options.did !== undefined) await demandKnown(db, options.did);
    return answerLines(c, log, (signal) => audit(parts, options, signal));
  });
  return routes;
}
