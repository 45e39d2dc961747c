import type { Overview } from "../store/sight.js";
import { since } from "./age.js";
import type { AddCommand } from "./command.js";
import type { Output } from "./output.js";
import { noteUnknown } from "./overview.js";
import { count } from "./typed.js";

export const addTasks: AddCommand = (program, bind) => {
  program
    .command("tasks")
    .description("of each task, what there is and how its runs ended lately")
    .option("--minutes <count>", "how far back ends are counted, 1 to 15", count, 5)
    .action(
      bind<{ minutes: number }>(async ({ docket, name, output }, { options: { minutes } }) => {
        const overview = await docket.tasks(minutes);
        output.value(overview);
        showTasks(output, overview, Date.now());
        if (overview.tasks.length > 0) return 0;
        return noteUnknown({ output, name }, await docket.snapshot()) ? 1 : 0;
      }),
    );
};

/** For people. */
export function showTasks(output: Output, { estimated, tasks }: Overview, now: number): void {
  if (tasks.length === 0) output.say("There is no task.");
  output.table(
    ["task", "waiting", "for", "running", "delayed", "held", "blocked", "aside", "done", "failed", "dead"],
    tasks.map((task) => [
      ...[task.task, task.waiting, since(task.oldestWaitingAt, now), task.running, task.delayed],
      ...[task.held, task.blocked, task.aside, task.ended.done, task.ended.failed, task.ended.dead],
    ]),
  );
  if (estimated)
    output.say("Where more than 500 are in one place, its counts are reckoned from the first 500.");
}
