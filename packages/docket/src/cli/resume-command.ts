import type { AddCommand } from "./command.js";

export const addResume: AddCommand = (program, bind) => {
  program
    .command("resume <group...>")
    .description("end pauses before their time")
    .action(
      bind(async ({ docket, output }, { args }) => {
        const resumed = await docket.resume(args);
        output.value({ resumed });
        output.say(resumed === 0 ? "None of them was paused." : `${String(resumed)} of them go on.`);
        return resumed === args.length ? 0 : 1;
      }),
    );
};
