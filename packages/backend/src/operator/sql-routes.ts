import { Hono } from "hono";
import { z } from "zod";
import type { HttpEnv } from "../http/env.js";
import { parseBody } from "../http/posted-body.js";
import { Problem } from "../http/problem.js";
import { askSql } from "../monitoring/ask-sql.js";
import { NotPermitted } from "../monitoring/permitted-sql.js";
import type { OperatorServices } from "./services.js";

const question = z.strictObject({ sql: z.string().min(1).max(20_000) });

/** Operators' own questions to the database. */
export function sqlRoutes({ db }: OperatorServices): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.post("/sql", async (c) => {
    const { sql } = await parseBody(c, question);
    try {
      return c.json(await askSql(db, sql));
    } catch (error) {
      if (error instanceof NotPermitted) throw new Problem(422, "sql_refused", error.message);
      throw error;
    }
  });
  return routes;
}
