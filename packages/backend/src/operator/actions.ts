import type { MiddlewareHandler } from "hono";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { Json, Schema } from "../database/schema.js";
import type { HttpEnv } from "../http/env.js";

/** What an operator has done. */
export const action = z.object({
  id: z.int(),
  /** ISO 8601. */
  at: z.string(),
  /** A DID, or an account of the machine. */
  who: z.string(),
  command: z.string(),
  arguments: z.json(),
  /** `begun`, `done`, or why it was not done. */
  outcome: z.string(),
});
export type Action = z.infer<typeof action>;

/** Characters of one argument that are kept, and of an outcome. */
const LONGEST = 1_000;

/** Leaves a line of each command that may change something: before it is carried out, and how it ended. */
export function noteActions(db: Kysely<Schema>): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (c.req.method === "GET") return next();
    const { id } = await db
      .insertInto("operator_actions")
      .values({
        who: c.get("operator") ?? "unknown",
        command: `${c.req.method} ${new URL(c.req.url).pathname.replace(/^\/operator/, "")}`,
        arguments: JSON.stringify(told(await c.req.text()), storable),
        outcome: "begun",
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    await next();
    const outcome = c.res.status < 400 ? "done" : await refusal(c.res.clone());
    await db.updateTable("operator_actions").set({ outcome }).where("id", "=", id).execute();
  };
}

/** The newest first. @param limit at most this many */
export async function listActions(db: Kysely<Schema>, limit: number): Promise<Action[]> {
  const rows = await db
    .selectFrom("operator_actions")
    .selectAll()
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

/** What the body says, without what is too long to be read (fingerprints). */
function told(body: string): Json {
  const read = z.record(z.string(), z.json()).safeParse(parsed(body));
  if (!read.success) return {};
  return Object.fromEntries(
    Object.entries(read.data).map(([name, value]) => {
      const json = JSON.stringify(value);
      return [name, json.length <= LONGEST ? value : `${String(json.length)} characters`];
    }),
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // the route says what is wrong with it
  }
}

const problem = z.object({ error: z.object({ message: z.string() }) });

async function refusal(response: Response): Promise<string> {
  const said = problem.safeParse(await response.json().catch(() => undefined));
  return withoutNul(said.data?.error.message ?? `answered ${String(response.status)}`).slice(0, LONGEST);
}

/** Postgres takes every character but this one. */
function withoutNul(text: string): string {
  return text.replaceAll("\u0000", "");
}

/** For `JSON.stringify`. */
function storable(_name: string, value: unknown): unknown {
  if (typeof value === "string") return withoutNul(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [withoutNul(name), content]));
}
