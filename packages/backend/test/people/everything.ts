import { sql, type Kysely } from "kysely";
import type { Schema } from "../../src/database/schema.js";

/** The tables that hold any of these words anywhere, each with how many of its rows do. */
export async function tablesWith(db: Kysely<Schema>, words: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of await db.introspection.getTables()) {
    for (const word of words) {
      const { rows } = await sql<{ count: number }>`
        select count(*)::int as count from ${sql.table(name)} as searched
        where position(${word} in searched::text) > 0
      `.execute(db);
      const count = rows[0]?.count ?? 0;
      if (count > 0) found.push(`${name}: ${word} in ${String(count)}`);
    }
  }
  return found;
}
