import { z } from "zod";
import type { AddCommand } from "./command.js";
import { Refused } from "./operator.js";

const answer = z.object({ intent: z.string() });
const two = z.tuple([z.string(), z.string()]);

export const addSchedule: AddCommand = (program, bind) => {
  program
    .command("schedule <task> <payload>")
    .description("have a task carried out; the payload is JSON, and the task checks it")
    .action(
      bind(async ({ reach, output }, { args }) => {
        const [task, typed] = two.parse(args);
        const payload = parsed(typed);
        const path = `/tasks/${encodeURIComponent(task)}/schedule`;
        const done = await reach((operator) => operator.post(path, { payload }, answer));
        output.value(done);
        output.say(`It is accepted as ${done.intent}.`);
        return 0;
      }),
    );
};

function parsed(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    throw new Refused('the payload is not JSON: quote it for your shell, as in \'{"name":"Ada"}\'');
  }
}
