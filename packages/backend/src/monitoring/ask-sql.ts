import { CompiledQuery, sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Json, Schema } from "../database/schema.js";
import { demandPermitted, NotPermitted } from "./permitted-sql.js";

/** Rows of an answer at most. */
export const MOST_ROWS = 1_000;
const LIMIT_MS = 10_000;

export const sqlAnswer = z.object({
  rows: z.array(z.record(z.string(), z.json())),
  /** Whether there would be more rows. */
  cut: z.boolean(),
});
export type SqlAnswer = z.infer<typeof sqlAnswer>;

/**
 * Answers an operator's query: one SELECT, in a transaction that can't write, for ten seconds at most.
 *
 * @throws {NotPermitted} when it isn't one of those that are carried out, or the database says what is wrong with it
 */
export async function askSql(
  db: Kysely<Schema>,
  text: string,
  limitMs: number = LIMIT_MS,
): Promise<SqlAnswer> {
  const named = await demandPermitted(text);
  try {
    return await db
      .transaction()
      .setAccessMode("read only")
      .execute(async (tx) => {
        await sql`select set_config('statement_timeout', ${String(limitMs)}, true)`.execute(tx);
        // A name of the query's own covers a table's in a part of the query only.
        const { rows: covered } = await sql`select 1 from pg_class where relname = any(${named})`.execute(tx);
        if (covered.length > 0)
          throw new NotPermitted("a table has the name of one of the query's WITH: choose another");
        // A parameter has it sent as one prepared statement, whatever is in the text; a line break ends its last comment.
        const wrapped = `select * from (${text.trim().replace(/;+$/, "")}\n) as asked limit $1`;
        const { rows } = await tx.executeQuery<Record<string, unknown>>(
          CompiledQuery.raw(wrapped, [MOST_ROWS + 1]),
        );
        return {
          rows: rows.slice(0, MOST_ROWS).map((row) => mapValues(row, plain)),
          cut: rows.length > MOST_ROWS,
        };
      });
  } catch (error) {
    if (isSqlError(error)) throw new NotPermitted(error.message, { cause: error });
    throw error;
  }
}

function plain(value: unknown): Json {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return `${String(value.byteLength)} bytes`;
  const json = z.json().safeParse(value);
  // Such as an interval, of which the driver makes an object of its own.
  return json.success ? json.data : z.json().parse(JSON.parse(JSON.stringify(value)));
}

function mapValues(row: Record<string, unknown>, by: (value: unknown) => Json): Record<string, Json> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, by(value)]));
}

/** What the server itself says of a statement has a code of five characters. */
function isSqlError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^[\dA-Z]{5}$/.test(error.code)
  );
}
