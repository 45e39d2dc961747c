import { startPostgres } from "@plyr/dev";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/database/open.js";
import { command } from "./commanding.js";

test("migrate makes the tables, says which, and has nothing to do the second time", async () => {
  await using postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  const first = await command({ DATABASE_URL: databaseUrl }, "migrate");
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(/^Done: 0001_initial, .+\.\n$/);
  const db = await openDatabase({ databaseUrl, dataDir: "/nowhere" });
  expect((await db.introspection.getTables()).map(({ name }) => name)).toContain("pds_records");
  await db.destroy();
  expect((await command({ DATABASE_URL: databaseUrl }, "migrate")).stdout).toBe("Nothing to do.\n");
});
