import { Hono } from "hono";
import type { Kysely } from "kysely";
import { z } from "zod";
import { audit } from "../audit/audit.js";
import type { Schema } from "../database/schema.js";
import type { HttpEnv } from "../http/env.js";
import { Problem } from "../http/problem.js";
import { parseBody } from "../http/posted-body.js";
import { keepersOf } from "../keepers/keepers.js";
import { SETTLE } from "../records/reconcile.js";
import { answerLines } from "./lines.js";
import type { OperatorServices } from "./services.js";

const request = z.strictObject({
  did: z.string().startsWith("did:", "is not a DID").max(2_048).optional(),
  repair: z.boolean(),
});

/** Holds repositories against the database. Answers finding by finding. */
export function auditRoutes(services: OperatorServices): Hono<HttpEnv> {
  const { db, background, repositories, namespace, log } = services;
  const parts = {
    db,
    outbox: background.outbox,
    ...repositories,
    keepers: keepersOf(namespace),
    namespace,
    settle: SETTLE,
  };
  const routes = new Hono<HttpEnv>();
  routes.post("/audit", async (c) => {
    const options = await parseBody(c, request);
    if (options.did !== undefined && !(await isKnown(db, options.did))) {
      throw new Problem(404, "unknown_person", `${options.did} is nobody who has signed in here`, "did");
    }
    return answerLines(c, log, (signal) => audit(parts, options, signal));
  });
  return routes;
}

async function isKnown(db: Kysely<Schema>, did: string): Promise<boolean> {
  const person = await db.selectFrom("people").select("did").where("did", "=", did).executeTakeFirst();
  return person !== undefined;
}
