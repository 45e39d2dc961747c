import { InvalidArgumentError } from "commander";
import { ENDINGS, type EndedTask, type Ending } from "../store/history.js";
import { age } from "./age.js";
import type { AddCommand } from "./command.js";
import { noteUnknown } from "./overview.js";
import { count, date } from "./typed.js";

interface Asked {
  id?: string;
  task?: string;
  key?: string;
  ended?: Ending;
  most: number;
  before?: Date;
}

export const addRecent: AddCommand = (program, bind) => {
  program
    .command("recent")
    .description("what has ended lately, and how, the newest first; where workers' dockets keep a history")
    .option("--id <id>", "of this one only")
    .option("--task <name>", "of this task only")
    .option("--key <key>", "of this key only")
    .option("--ended <how>", `only those that ended so: ${Object.keys(ENDINGS).join(", ")}`, ending)
    .option("--before <date>", "only what ended before", date)
    .option("--most <count>", "at most so many, 1–1000", count, 100)
    .action(
      bind<Asked>(async ({ docket, name, output }, { options }) => {
        const { id, task, key, ended, most, before } = options;
        const ends = await docket.recent({ id, task, key, ended, most, before });
        for (const end of ends) output.value(end);
        output.table(["ended", "how", "task", "key", "id", "ran for", "attempts", "error"], ends.map(row));
        if (ends.length > 0) return 0;
        output.say("No such end is known: a history is kept by workers that are told to, and for as long.");
        return noteUnknown({ output, name }, await docket.snapshot()) ? 1 : 0;
      }),
    );
};

function row({ id, task, key, ended, startedAt, endedAt, attempts, error }: EndedTask) {
  const ranFor = startedAt === undefined ? undefined : took(endedAt - startedAt);
  return [new Date(endedAt).toISOString(), ended, task, key, id, ranFor, attempts, error];
}

function took(ms: number): string {
  return ms < 1_000 ? `${String(Math.max(0, ms))}ms` : age(ms);
}

/** @throws {InvalidArgumentError} */
function ending(typed: string): Ending {
  const found = Object.keys(ENDINGS).find((how): how is Ending => how === typed);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Give one of ${Object.keys(ENDINGS).join(", ")}.`);
}
