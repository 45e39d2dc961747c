import type { AddCommand } from "./command.js";
import { noteUnknown, showSnapshot } from "./overview.js";

export const addSnapshot: AddCommand = (program, bind) => {
  program
    .command("snapshot")
    .description("how many tasks are in which state, and what is next")
    .action(
      bind(async ({ docket, name, output }) => {
        const snapshot = await docket.snapshot();
        output.value(snapshot);
        showSnapshot(output, snapshot);
        return noteUnknown({ output, name }, snapshot) ? 1 : 0;
      }),
    );
};
