import { MOST_ROWS, sqlAnswer } from "../monitoring/ask-sql.js";
import type { AddCommand } from "./command.js";
import type { Cell } from "./output.js";

export const addSql: AddCommand = (program, bind) => {
  program
    .command("sql")
    .argument("<query>", "one SELECT, such as over the table records: see docs/monitoring.md")
    .description("ask the database; nothing is changed")
    .action(
      bind(async ({ reach, output }, { args: [sql = ""] }) => {
        const { rows, cut } = await reach((operator) => operator.post("/sql", { sql }, sqlAnswer));
        for (const row of rows) output.value(row);
        const [first] = rows;
        if (first === undefined) output.say("no rows");
        else
          output.table(
            Object.keys(first),
            rows.map((row) => Object.values(row).map(cell)),
          );
        if (cut) output.say(`… and more than these ${String(MOST_ROWS)} rows`);
        return 0;
      }),
    );
};

function cell(value: unknown): Cell {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  return JSON.stringify(value);
}
