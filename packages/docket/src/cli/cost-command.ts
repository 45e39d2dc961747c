import { setTimeout as pause } from "node:timers/promises";
import { silent } from "../log.js";
import { Connection } from "../store/redis/connection.js";
import { Meter } from "../store/redis/meter.js";
import { age } from "./age.js";
import type { AddCommand } from "./command.js";
import { COMMANDS_PAID, DOLLARS, pace, readCounters, type Counters } from "./counters.js";
import { duration } from "./typed.js";

export const addCost: AddCommand = (program, bind) => {
  program
    .command("cost")
    .description("commands that Redis gets in a day, at its pace, and what they cost where each is paid for")
    .option("--for <time>", "count for so long; without: on average since Redis was started", duration)
    .addHelpText(
      "after",
      "\nCounts are the whole server's (INFO commandstats), whoever sends. What only scripts call is told apart,\n" +
        "since it may not be billed; other programs' commands are in it, too.",
    )
    .action(
      bind<{ for?: number }>(async ({ server, output, signal }, { options }) => {
        const connection = new Connection(server, silent, "calls", new Meter());
        try {
          const look = async (): Promise<Counters> =>
            readCounters(await connection.info("all"), performance.now());
          const earlier = options.for === undefined ? undefined : await look();
          if (earlier !== undefined) await pause(options.for, undefined, { signal }).catch(() => undefined);
          const found = pace(await look(), earlier);
          output.value(found);
          const row = (what: string, { counted, perDay, dollarsPerMonth }: typeof found.sent) => [
            ...[what, counted, Math.round(perDay), Math.round(perDay * 30), `$${dollarsPerMonth.toFixed(2)}`],
          ];
          output.table(
            [
              "",
              `in ${age(found.ms)}`,
              "a day",
              "a month",
              `at $${String(DOLLARS)} per ${String(COMMANDS_PAID)}`,
            ],
            [row("sent by dockets", found.sent), row("inside scripts, or others'", found.inside)],
          );
          return 0;
        } finally {
          connection.close();
        }
      }),
    );
};
