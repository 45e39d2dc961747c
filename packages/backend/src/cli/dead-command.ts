import { InvalidArgumentError } from "commander";
import { z } from "zod";
import { deadLetter } from "../dead-letters/dead-letter.js";
import type { AddCommand } from "./command.js";
import { Refused } from "./operator.js";

const listed = z.object({ dead: z.array(deadLetter) });
const listOptions = z.object({ limit: z.string(), task: z.string().optional() });
const replayOptions = z.object({ all: z.boolean().default(false), task: z.string().optional() });
const [anything, one] = [z.unknown(), z.tuple([z.string()])];

/** What was accepted and given up. */
export const addDead: AddCommand = (program, bind) => {
  const dead = program.command("dead").description("work that was accepted and given up");

  dead
    .command("list")
    .description("the newest first, with the reason")
    .option("--limit <count>", "at most so many", wholeNumber, "100")
    .option("--task <name>", "of this task only")
    .action(
      bind(async ({ reach, output }, { options }) => {
        const { limit, task } = listOptions.parse(options);
        const asked = new URLSearchParams({ limit, ...(task !== undefined && { task }) });
        const { dead: letters } = await reach((operator) =>
          operator.get(`/dead?${asked.toString()}`, listed),
        );
        for (const letter of letters) output.value(letter);
        if (letters.length === 0) output.say("Nothing was given up.");
        output.table(
          ["id", "task", "accepted", "why it was given up"],
          letters.map(({ id, task, acceptedAt, reason }) => [id, task, acceptedAt, reason]),
        );
        return 0;
      }),
    );

  dead
    .command("show <id>")
    .description("all that is known of one")
    .action(
      bind(async ({ reach, output }, { args }) => {
        const [id] = one.parse(args);
        const letter = await reach((operator) => operator.get(pathOf(id), deadLetter));
        output.value(letter);
        const { lastRun, payload, ...words } = letter;
        const told = { ...words, payload: JSON.stringify(payload), ...lastRun };
        output.table(
          ["", ""],
          Object.entries(told).map(([name, value]) => [name, value]),
        );
        return 0;
      }),
    );

  dead
    .command("replay [id]")
    .description("have it carried out after all, as if it were accepted now")
    .option("--all", "all of them, the oldest first")
    .option("--task <name>", "with --all: of this task only")
    .action(
      bind(async ({ reach, output }, { options, args }) => {
        const { all, task } = replayOptions.parse(options);
        const [id] = args;
        if (all === (id !== undefined)) throw new Refused("give an id, or --all");
        await reach(async (operator) => {
          if (id !== undefined) {
            output.value(await operator.post(`${pathOf(id)}/replay`, {}, anything));
            output.say("It is being carried out.");
            return;
          }
          let count = 0;
          for await (const line of operator.lines("/dead/replay", { task }, anything)) {
            output.value(line);
            count += 1;
          }
          output.say(`${String(count)} are being carried out.`);
        });
        return 0;
      }),
    );

  dead
    .command("discard <id>")
    .description("throw it away; what it was about stays given up")
    .action(
      bind(async ({ reach, output }, { args }) => {
        const [id] = one.parse(args);
        output.value(await reach((operator) => operator.delete(pathOf(id), anything)));
        output.say("It is thrown away.");
        return 0;
      }),
    );
};

function pathOf(id: string): string {
  return `/dead/${encodeURIComponent(id)}`;
}

/** Checked by the service. */
function wholeNumber(typed: string): string {
  if (/^[1-9]\d{0,3}$/.test(typed)) return typed;
  throw new InvalidArgumentError("It is a whole number from 1 to 9999.");
}
