import { z } from "zod";
import { adoption, outcomes, type Adoption } from "../adoption/adoption.js";
import type { AddCommand } from "./command.js";

const options = z.object({ did: z.string().optional() });

/** Somebody may want to do something about these. */
const TO_SEE_TO: ReadonlySet<Adoption["outcome"]> = new Set(["left", "not read"]);

export const addAdopt: AddCommand = (program, bind) => {
  program
    .command("adopt")
    .description(
      "after the database was restored from an older copy, and before the service is started: takes over from people's " +
        "repositories what was written, changed or taken away since. Ends with 1 when something was left, or can't be read",
    )
    .option("--did <did>", "of this person only")
    .action(
      bind(async ({ reach, output }, typed) => {
        const { did } = options.parse(typed.options);
        const counts = new Map<Adoption["outcome"], number>();
        await reach(async (operator) => {
          for await (const found of operator.lines("/adoption", { did }, adoption)) {
            output.value(found);
            const { outcome, uri, why } = found;
            output.say(`${outcome}: ${uri ?? found.did}${why === null ? "" : `: ${why}`}`);
            counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
          }
        });
        if (counts.size === 0) output.say("Repositories and database say the same.");
        output.table(
          ["outcome", "how many"],
          outcomes.flatMap((outcome) => {
            const count = counts.get(outcome);
            return count === undefined ? [] : [[outcome, count]];
          }),
        );
        return [...counts.keys()].some((outcome) => TO_SEE_TO.has(outcome)) ? 1 : 0;
      }),
    );
};
