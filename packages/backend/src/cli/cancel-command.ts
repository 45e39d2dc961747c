import { z } from "zod";
import type { AddCommand } from "./command.js";

const typedOptions = z.object({ because: z.string() });
const [anything, one] = [z.unknown(), z.tuple([z.string()])];

export const addCancel: AddCommand = (program, bind) => {
  program
    .command("cancel <id>")
    .description("give up something that was accepted and isn't carried out yet; it can be replayed")
    .requiredOption("--because <why>", "told to whoever it concerns")
    .action(
      bind(async ({ reach, output }, { args, options }) => {
        const [id] = one.parse(args);
        const { because } = typedOptions.parse(options);
        const path = `/intents/${encodeURIComponent(id)}/cancel`;
        output.value(await reach((operator) => operator.post(path, { because }, anything)));
        output.say("It is cancelled.");
        return 0;
      }),
    );
};
