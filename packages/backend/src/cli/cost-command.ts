import { cost } from "../costs/cost.js";
import { prices } from "../costs/prices.js";
import type { AddCommand } from "./command.js";

export const addCost: AddCommand = (program, bind) => {
  program
    .command("cost")
    .description("commands sent to Redis today, what that makes in a day and a month, and what it would cost")
    .action(
      bind(async ({ reach, output }) => {
        const found = await reach((operator) => operator.get("/cost", cost));
        output.value(found);
        output.table(
          ["process", "for", "commands"],
          found.sent.map(({ process, purpose, commands }) => [process, purpose, String(commands)]),
        );
        output.table(
          ["", "commands", "at $0.20 per 100k"],
          [
            [`today (${found.day}, since ${found.since ?? "never"})`, String(found.today), ""],
            ["a day, at this pace", told(found.projectedDay), ""],
            [
              "a month, at this pace",
              told(found.projectedMonth),
              found.price === null ? "" : `$${found.price.month.toFixed(2)}`,
            ],
            [
              `beyond the ${String(prices.freePerDay)} a day that are free`,
              "",
              found.price === null ? "" : `$${found.price.monthBeyondFree.toFixed(2)}`,
            ],
            ["budget for a day", String(found.budget), ""],
          ],
        );
        return 0;
      }),
    );
};

function told(commands: number | null): string {
  return commands === null ? "too early to tell" : String(commands);
}
