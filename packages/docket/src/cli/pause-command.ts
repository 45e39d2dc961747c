import type { AddCommand } from "./command.js";
import { UsageError } from "./command.js";
import { noteUnknown } from "./overview.js";
import { date, duration } from "./typed.js";

interface PauseOptions {
  for?: number;
  until?: Date;
  because: string;
}

export const addPause: AddCommand = (program, bind) => {
  program
    .command("pause <group...>")
    .description("keep the tasks of groups from starting for a time; what runs goes on")
    .option("--for <time>", 'so long, such as "10m"', duration)
    .option("--until <date>", 'until then, such as "2027-01-31T12:00:00Z"', date)
    .option("--because <why>", "for those who find it paused", "")
    .action(
      bind<PauseOptions>(async ({ docket, name, output }, { args, options }) => {
        const until = options.until ?? options.for;
        if (until === undefined || (options.until !== undefined && options.for !== undefined))
          throw new UsageError("Give --for or --until: a pause ends by itself");
        await docket.pause(args, until, options.because);
        const paused = (await docket.paused()).filter(({ group }) => args.includes(group));
        for (const pause of paused) output.value(pause);
        for (const { group, until: end } of paused)
          output.say(`${group} is paused until ${end.toISOString()}, or until docket resume ends it.`);
        noteUnknown({ output, name }, await docket.snapshot());
        return 0;
      }),
    );
};
