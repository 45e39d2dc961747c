import type { CancelResult } from "../store/store.js";
import type { AddCommand } from "./command.js";

const TOLD: Record<CancelResult, string> = {
  cancelled: "It waited, and is gone.",
  running: "It runs: it has been told to stop, and isn't tried again.",
  unknown: "No living task has this id: it has ended, or never was.",
};

export const addCancel: AddCommand = (program, bind) => {
  program
    .command("cancel <id>")
    .description("take back a task that waits; have one that runs stop")
    .action(
      bind(async ({ docket, output }, { args: [id = ""] }) => {
        const result = await docket.cancel(id);
        output.value({ id, result });
        output.say(TOLD[result]);
        return result === "unknown" ? 1 : 0;
      }),
    );
};
