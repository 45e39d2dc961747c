import { z } from "zod";
import type { AddCommand } from "./command.js";

const pauseOptions = z.object({ because: z.string(), for: z.string().optional() });
const named = z.tuple([z.string(), z.string()]);
const paused = z.object({ until: z.string(), reason: z.string() });
const anything = z.unknown();

export const addPauses: AddCommand = (program, bind) => {
  program
    .command("pause <scope> <name>")
    .description("send nothing for a person (a DID), or to a host: pause person DID, pause host NAME")
    .requiredOption("--because <why>", "told to whoever waits for it")
    .option("--for <time>", "so long: a number and s, m, h or d. Without: until it is resumed")
    .action(
      bind(async ({ reach, output }, { args, options }) => {
        const [scope, name] = named.parse(args);
        const answer = await reach((operator) =>
          operator.post("/pauses", { scope, name, ...pauseOptions.parse(options) }, paused),
        );
        output.value(answer);
        output.say(`Paused until ${answer.until}, or until it is resumed.`);
        return 0;
      }),
    );

  program
    .command("resume <scope> <name>")
    .description("end such a pause")
    .action(
      bind(async ({ reach, output }, { args }) => {
        const [scope, name] = named.parse(args);
        output.value(await reach((operator) => operator.post("/pauses/resume", { scope, name }, anything)));
        output.say("It goes on.");
        return 0;
      }),
    );
};
