import { z } from "zod";
import type { AddCommand } from "./command.js";
import { Refused } from "./operator.js";

const where = z.object({ where: z.array(z.string()).default([]) });
const strikeOptions = where.extend({ because: z.string() });
const one = z.tuple([z.string()]);
const anything = z.unknown();

export const addStrikes: AddCommand = (program, bind) => {
  program
    .command("strike <task>")
    .description(
      "keep a task from being carried out, everywhere, until it is restored; what of it runs goes on",
    )
    .option("--where <field=value...>", "only what has this in its payload; several: all of them")
    .requiredOption("--because <why>", "told to whoever waits for it")
    .action(
      bind(async ({ reach, output }, { args, options }) => {
        const [task] = one.parse(args);
        const { because, where: fields } = strikeOptions.parse(options);
        const body = { task, where: fieldsOf(fields), because };
        output.value(await reach((operator) => operator.post("/strikes", body, anything)));
        output.say(`${task} is struck.`);
        return 0;
      }),
    );

  program
    .command("restore <task>")
    .description("end a strike, given as it was made: what waited is carried out")
    .option("--where <field=value...>", "as it was struck")
    .action(
      bind(async ({ reach, output }, { args, options }) => {
        const [task] = one.parse(args);
        const body = { task, where: fieldsOf(where.parse(options).where) };
        output.value(await reach((operator) => operator.post("/strikes/restore", body, anything)));
        output.say(`${task} is restored.`);
        return 0;
      }),
    );
};

/** A value that reads as JSON is that (`1`, `true`, `null`, `"1"`); any other is a text. */
function fieldsOf(typed: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    typed.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new Refused(`--where ${pair}: give a field, "=", and its value`);
      return [pair.slice(0, at), valueOf(pair.slice(at + 1))];
    }),
  );
}

function valueOf(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}
