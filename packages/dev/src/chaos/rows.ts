import pg from "pg";
import type { z } from "zod";

/** The service's database, read past the service. */
export interface Rows extends AsyncDisposable {
  select<T>(row: z.ZodType<T>, text: string, values?: readonly unknown[]): Promise<T[]>;
}

/** @throws when the database can't be used */
export async function openRows(databaseUrl: string): Promise<Rows> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  return {
    async select(row, text, values = []) {
      const { rows } = await client.query<Record<string, unknown>>(text, [...values]);
      return rows.map((each) => row.parse(each));
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}
