import { status } from "../operator/status.js";
import type { AddCommand } from "./command.js";
import type { Cell } from "./output.js";

export const addStatus: AddCommand = (program, bind) => {
  program
    .command("status")
    .description("how much there is to do, and how it is being done")
    .action(
      bind(async ({ reach, output }) => {
        const now = await reach((operator) => operator.get("/status", status));
        output.value(now);
        output.say(`${String(now.people)} people, ${String(now.needSignIn)} of them must sign in again`);
        output.say(`docket: ${now.docket.mode}`);
        output.table(
          ["", "which", "how many"],
          [
            ...rows("records", now.records),
            ...rows("tasks to be carried out", now.open),
            ...rows("tasks given up", now.dead),
          ],
        );
        return 0;
      }),
    );
};

function rows(what: string, counts: Readonly<Record<string, number>>): Cell[][] {
  return Object.entries(counts)
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([which, count]) => [what, which, count]);
}
