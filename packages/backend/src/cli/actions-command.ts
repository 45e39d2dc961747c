import { z } from "zod";
import { action } from "../operator/actions.js";
import type { AddCommand } from "./command.js";
import { wholeNumber } from "./whole-number.js";

const listed = z.object({ actions: z.array(action) });
const typedOptions = z.object({ limit: z.string() });

export const addActions: AddCommand = (program, bind) => {
  program
    .command("actions")
    .description("what operators have done: who, when, what, and how it ended; the newest first")
    .option("--limit <count>", "at most so many", wholeNumber, "100")
    .action(
      bind(async ({ reach, output }, { options }) => {
        const { limit } = typedOptions.parse(options);
        const { actions } = await reach((operator) => operator.get(`/actions?limit=${limit}`, listed));
        for (const one of actions) output.value(one);
        output.table(
          ["when", "who", "what", "with", "outcome"],
          actions.map(({ at, who, command, arguments: told, outcome }) => [
            ...[at, who, command, JSON.stringify(told), outcome],
          ]),
        );
        return 0;
      }),
    );
};
