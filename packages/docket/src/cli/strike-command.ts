import type { Where } from "../docket/strike.js";
import type { AddCommand } from "./command.js";
import { noteUnknown } from "./overview.js";
import { field } from "./typed.js";

export const addStrike: AddCommand = (program, bind) => {
  program
    .command("strike <task>")
    .description("keep a task from starting, on all workers, until it is restored; what of it runs goes on")
    .option("--where <field=value>", "only payloads that have this; may be repeated: all of them", field)
    .option("--because <why>", "for those who find it struck", "")
    .action(
      bind<{ where?: Where; because: string }>(async ({ docket, name, output }, { args, options }) => {
        const [task = ""] = args;
        const { where, because } = options;
        await docket.strike(task, where, because);
        output.value({ task, where: where ?? null, reason: because });
        output.say(`${task} is struck: docket restore ends it, given the same.`);
        noteUnknown({ output, name }, await docket.snapshot());
        return 0;
      }),
    );
};
