import { migrateToLatest } from "../database/migrate.js";
import { openDatabase } from "../database/open.js";
import { parseSettings } from "../settings/settings.js";
import type { AddCommand } from "./command.js";

export const addMigrate: AddCommand = (program, bind) => {
  program
    .command("migrate")
    .description(
      "brings the database to what this release expects, as each process does at its start: before a deployment, so that none of them has to",
    )
    .action(
      bind(async ({ env, output }) => {
        const { database } = parseSettings(env, "all", { encrypts: false });
        const db = await openDatabase({ databaseUrl: database.url, dataDir: database.dataDir });
        try {
          const done = await migrateToLatest(db);
          output.value({ done });
          output.say(done.length === 0 ? "Nothing to do." : `Done: ${done.join(", ")}.`);
          return 0;
        } finally {
          await db.destroy();
        }
      }),
    );
};
