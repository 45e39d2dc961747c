import type { AddCommand } from "./command.js";

export const addPaused: AddCommand = (program, bind) => {
  program
    .command("paused")
    .description("the groups that are paused, until when and why")
    .action(
      bind(async ({ docket, output }) => {
        const paused = await docket.paused();
        for (const pause of paused) output.value(pause);
        if (paused.length === 0) output.say("No group is paused.");
        output.table(
          ["group", "until", "because"],
          paused.map(({ group, until, reason }) => [group, until.toISOString(), reason]),
        );
        return 0;
      }),
    );
};
