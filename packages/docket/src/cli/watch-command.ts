import { setTimeout as pause } from "node:timers/promises";
import { StoreUnavailable } from "../errors.js";
import type { AddCommand, CommandContext } from "./command.js";
import { showSnapshot } from "./overview.js";
import { showTasks } from "./tasks-command.js";
import { duration } from "./typed.js";

export const addWatch: AddCommand = (program, bind) => {
  program
    .command("watch")
    .description("snapshot and tasks, again and again, until Ctrl-C; each look is two commands to Redis")
    .option("--every <time>", "between two looks", duration, 2_000)
    .action(
      bind<{ every: number }>(async (context, { options: { every } }) => {
        const { signal } = context;
        if (every < 100) throw new RangeError("--every is less than 100ms: give a longer time");
        while (!signal.aborted) {
          await look(context);
          await pause(every, undefined, { signal }).catch(() => undefined);
        }
        return 0;
      }),
    );
};

/** A store that goes away while somebody watches it comes back, too. */
async function look({ docket, name, output }: CommandContext): Promise<void> {
  try {
    const [snapshot, overview] = await Promise.all([docket.snapshot(), docket.tasks()]);
    output.value({ snapshot, ...overview });
    output.page();
    output.say(`docket ${name} at ${new Date(snapshot.now).toISOString()}`);
    showSnapshot(output, snapshot);
    output.say("");
    showTasks(output, overview, snapshot.now);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    output.value({ unavailable: error.message });
    output.page();
    output.say(error.message);
  }
}
