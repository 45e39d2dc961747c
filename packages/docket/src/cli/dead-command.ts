import type { Command } from "commander";
import type { LettersAsked } from "../docket/dead-letter.js";
import type { AddCommand, Bind, CommandContext, Ending } from "./command.js";
import { UsageError } from "./command.js";
import { noteUnknown } from "./overview.js";
import { count } from "./typed.js";

interface Which {
  task?: string;
  error?: string;
}

type Fate = "replayed" | "discarded" | "unknown" | "key in use";

const TOLD: Record<Fate, string> = {
  replayed: "It lives again, from its first attempt.",
  discarded: "It is thrown away.",
  unknown: "There is no dead letter of this id.",
  "key in use": "Another task of its key lives: replay it when that one has ended, or discard it.",
};

/** Payloads stay as they are: only a program that has the task can check another one, and knows its serial key. */
export const addDead: AddCommand = (program, bind) => {
  const dead = program
    .command("dead")
    .description("tasks that were given up: list them, let them live again, throw them away");
  addList(dead, bind);
  addShow(dead, bind);
  addFate(dead, bind, "replay", "have it run after all, with the payload that it has", (docket, id) =>
    docket.replay(id),
  );
  addFate(dead, bind, "discard", "throw it away", async (docket, id) =>
    (await docket.discard(id)) ? "discarded" : "unknown",
  );
};

function addList(dead: Command, bind: Bind): void {
  choosable(dead.command("list", { isDefault: true }).description("the newest first, and why (the default)"))
    .option("--limit <count>", "at most so many", count, 100)
    .option("--group", "by task and error, the most frequent first; numbers and ids make no difference")
    .action(
      bind<Which & { limit: number; group?: boolean }>(async ({ docket, name, output }, { options }) => {
        const { task, limit, group } = options;
        if (group === true) {
          const groups = (await docket.deadGroups())
            .filter((each) => task === undefined || each.task === task)
            .filter(({ error }) => error.includes(options.error ?? ""))
            .slice(0, limit);
          for (const each of groups) output.value(each);
          if (groups.length === 0) output.say("There is no such dead letter.");
          output.table(
            ["count", "task", "error", "the newest"],
            groups.map(({ count: letters, task: of, error, newest }) => [letters, of, error, newest.id]),
          );
          if (groups.length > 0) return 0;
          return noteUnknown({ output, name }, await docket.snapshot()) ? 1 : 0;
        }
        const letters = await docket.deadLetters({ limit, ...asked(options) });
        for (const letter of letters) output.value(letter);
        if (letters.length === 0) output.say("There is no such dead letter.");
        output.table(
          ["id", "task", "died", "cause", "error"],
          letters.map((letter) => [
            ...[letter.id, letter.task, letter.diedAt.toISOString(), letter.cause, letter.error?.message],
          ]),
        );
        if (letters.length > 0) return 0;
        return noteUnknown({ output, name }, await docket.snapshot()) ? 1 : 0;
      }),
    );
}

function addShow(dead: Command, bind: Bind): void {
  dead
    .command("show <id>")
    .description("all that is known of one: payload, error, and the failures before")
    .action(
      bind(async ({ docket, output }, { args: [id = ""] }) => {
        const letter = (await docket.deadLetters(Infinity)).find((one) => one.id === id);
        if (letter === undefined) {
          output.value({ id, result: "unknown" });
          output.say(TOLD.unknown);
          return 1;
        }
        output.value(letter);
        output.table(
          ["", ""],
          [
            ["task", letter.task],
            ["version", letter.version],
            ["key", letter.key],
            ["added", letter.addedAt?.toISOString()],
            ["died", letter.diedAt.toISOString()],
            ["cause", letter.cause],
            [
              "error",
              letter.error === undefined ? undefined : `${letter.error.name}: ${letter.error.message}`,
            ],
            ["payload", JSON.stringify(letter.payload)],
            ...letter.history.map(({ at, attempt, error }) => [
              `attempt ${String(attempt)}`,
              `${at.toISOString()} ${error.name}: ${error.message}`,
            ]),
          ],
        );
        return 0;
      }),
    );
}

/** Lets one, or all that were asked for, come to something. */
function addFate(
  dead: Command,
  bind: Bind,
  verb: "replay" | "discard",
  description: string,
  act: (docket: CommandContext["docket"], id: string) => Promise<Fate>,
): void {
  choosable(dead.command(`${verb} [id]`).description(description))
    .option("--all", "all of them, or of those that --task and --error leave, the oldest first")
    .action(
      bind<Which & { all?: boolean }>(
        async ({ docket, output }, { args: [id], options }): Promise<Ending> => {
          const many = options.all === true;
          if (many === (id !== undefined) || (!many && Object.keys(asked(options)).length > 0))
            throw new UsageError("Give an id, or --all, to which --task and --error may be added");
          if (id !== undefined) {
            const result = await act(docket, id);
            output.value({ id, result });
            output.say(TOLD[result]);
            return result === "replayed" || result === "discarded" ? 0 : 1;
          }
          const letters = await docket.deadLetters({ limit: Infinity, ...asked(options) });
          const fates = new Map<Fate, number>();
          for (const letter of letters.toReversed()) {
            const result = await act(docket, letter.id);
            output.value({ id: letter.id, result });
            fates.set(result, (fates.get(result) ?? 0) + 1);
          }
          if (letters.length === 0) output.say("There is no such dead letter.");
          for (const [fate, times] of fates) output.say(`${fate}: ${String(times)}`);
          return fates.has("key in use") ? 1 : 0;
        },
      ),
    );
}

function choosable(command: Command): Command {
  return command
    .option("--task <name>", "of this task only")
    .option("--error <text>", "whose error has this in it");
}

function asked({ task, error }: Which): LettersAsked {
  return { ...(task === undefined ? {} : { task }), ...(error === undefined ? {} : { error }) };
}
