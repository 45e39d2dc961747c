import type { Where } from "../docket/strike.js";
import type { AddCommand } from "./command.js";
import { field } from "./typed.js";

export const addRestore: AddCommand = (program, bind) => {
  program
    .command("restore <task>")
    .description("end a strike: what it held goes on, in order")
    .option("--where <field=value>", "as it was struck", field)
    .action(
      bind<{ where?: Where }>(async ({ docket, output }, { args: [task = ""], options: { where } }) => {
        const restored = await docket.restore(task, where);
        output.value({ task, where: where ?? null, restored });
        output.say(
          restored ? `${task} goes on.` : "No such strike stands: docket strikes lists those that do.",
        );
        return restored ? 0 : 1;
      }),
    );
};
