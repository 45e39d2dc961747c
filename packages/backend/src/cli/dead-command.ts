import { z } from "zod";
import { deadLetter } from "../dead-letters/dead-letter.js";
import type { AddCommand } from "./command.js";
import type { Cell, Output } from "./output.js";
import { Refused } from "./operator.js";
import { wholeNumber } from "./whole-number.js";

const listed = z.object({ dead: z.array(deadLetter) });
const which = z.object({ task: z.string().optional(), error: z.string().optional() });
const listOptions = which.extend({ limit: z.string() });
const manyOptions = which.extend({ all: z.boolean().default(false), payload: z.string().optional() });
const [anything, one] = [z.unknown(), z.tuple([z.string()])];

/** What was accepted and given up. */
export const addDead: AddCommand = (program, bind) => {
  const dead = program.command("dead").description("work that was accepted and given up");

  dead
    .command("list")
    .description("the newest first, with the reason")
    .option("--limit <count>", "at most so many", wholeNumber, "100")
    .option("--task <name>", "of this task only")
    .option("--error <text>", "whose reason has this in it")
    .action(
      bind(async ({ reach, output }, { options }) => {
        const { limit, task, error } = listOptions.parse(options);
        const asked = new URLSearchParams({
          limit,
          ...(task !== undefined && { task }),
          ...(error !== undefined && { error }),
        });
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
        const { history = [], ...last } = lastRun ?? {};
        const earlier = history.map(({ at, attempt, error }) => [
          `attempt ${String(attempt)}`,
          `${at} ${error}`,
        ]);
        const told = [
          ...Object.entries({ ...words, payload: JSON.stringify(payload), ...last }),
          ...earlier,
        ] satisfies Cell[][];
        output.table(["", ""], told);
        return 0;
      }),
    );

  dead
    .command("replay [id]")
    .description("have it carried out after all, as if it were accepted now")
    .option("--payload <json>", "with another payload, checked by the task")
    .option("--all", "all of them, the oldest first")
    .option("--task <name>", "with --all: of this task only")
    .option("--error <text>", "with --all: whose reason has this in it")
    .action(
      bind(async ({ reach, output }, { options, args }) => {
        const { all, payload, ...some } = manyOptions.parse(options);
        const [id] = args;
        if (all === (id !== undefined) || (all && payload !== undefined))
          throw new Refused("give an id (with --payload, if need be), or --all");
        await reach(async (operator) => {
          if (id !== undefined) {
            const body = payload === undefined ? {} : { payload: jsonOf(payload) };
            output.value(await operator.post(`${pathOf(id)}/replay`, body, anything));
            output.say("It is being carried out.");
            return;
          }
          const count = await each(output, operator.lines("/dead/replay", some, anything));
          output.say(`${String(count)} are being carried out.`);
        });
        return 0;
      }),
    );

  dead
    .command("discard [id]")
    .description("throw it away; what it was about stays given up")
    .option("--all", "all of them")
    .option("--task <name>", "with --all: of this task only")
    .option("--error <text>", "with --all: whose reason has this in it")
    .action(
      bind(async ({ reach, output }, { options, args }) => {
        const { all, task, error } = manyOptions.parse(options);
        const [id] = args;
        if (all === (id !== undefined)) throw new Refused("give an id, or --all");
        await reach(async (operator) => {
          if (id !== undefined) {
            output.value(await operator.delete(pathOf(id), anything));
            output.say("It is thrown away.");
            return;
          }
          const count = await each(output, operator.lines("/dead/discard", { task, error }, anything));
          output.say(`${String(count)} are thrown away.`);
        });
        return 0;
      }),
    );
};

async function each(output: Output, lines: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const line of lines) {
    output.value(line);
    count += 1;
  }
  return count;
}

function jsonOf(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    throw new Refused("--payload is not JSON");
  }
}

function pathOf(id: string): string {
  return `/dead/${encodeURIComponent(id)}`;
}
