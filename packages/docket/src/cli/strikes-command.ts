import type { AddCommand } from "./command.js";

export const addStrikes: AddCommand = (program, bind) => {
  program
    .command("strikes")
    .description("what is struck, since when and why")
    .action(
      bind(async ({ docket, output }) => {
        const strikes = await docket.strikes();
        for (const strike of strikes) output.value(strike);
        if (strikes.length === 0) output.say("Nothing is struck.");
        output.table(
          ["task", "where", "since", "holds", "because"],
          strikes.map(({ task, where, since, held, reason }) => [
            ...[task, where === undefined ? "any payload" : JSON.stringify(where), since.toISOString(), held],
            reason,
          ]),
        );
        return 0;
      }),
    );
};
