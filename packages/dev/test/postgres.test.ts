import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Postgres, startPostgres } from "../src/index.js";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  // A server that stops says so to whoever is connected.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

test("each database is its own", async () => {
  const [one, other] = [await postgres.createDatabase(), await postgres.createDatabase()];
  await query(one, "CREATE TABLE mine (n integer)");
  expect(await query(one, "SELECT * FROM mine")).toEqual([]);
  await expect(query(other, "SELECT * FROM mine")).rejects.toThrow('relation "mine" does not exist');
});

test("stops though somebody is connected, and restarts with what was committed", async () => {
  const url = await postgres.createDatabase();
  await query(url, "CREATE TABLE kept AS SELECT 7 AS n");
  const lingering = new Client({ connectionString: url });
  lingering.on("error", () => undefined);
  await lingering.connect();

  await postgres.stop();
  await expect(query(url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
  await postgres.restart();

  expect(await query(url, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
});

test("lets nobody in without the password", async () => {
  const url = new URL(await postgres.createDatabase());
  url.password = "guessed";
  await expect(query(url.href, "SELECT 1")).rejects.toThrow("password authentication failed");
});
