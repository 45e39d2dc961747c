import { setTimeout as pause } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { z } from "zod";
import { status, type Status } from "../operator/status.js";
import type { AddCommand } from "./command.js";
import type { Cell, Output } from "./output.js";

const typedOptions = z.object({ watch: z.union([z.literal(true), z.number()]).optional() });

export const addStatus: AddCommand = (program, bind) => {
  program
    .command("status")
    .description(
      "how much there is to do, how it is being done, and what is wrong. Ends with 1 when something is",
    )
    .option("--watch [seconds]", "again and again, until it is stopped; default: every 2 seconds", seconds)
    .action(
      bind(({ reach, output }, { options }) =>
        reach(async (operator) => {
          const { watch } = typedOptions.parse(options);
          for (;;) {
            const now = await operator.get("/status", status);
            if (watch !== undefined) output.clear();
            print(output, now);
            if (watch === undefined) return now.concerns.some(({ severity }) => severity === "error") ? 1 : 0;
            await pause((watch === true ? 2 : watch) * 1_000);
          }
        }),
      ),
    );
};

function seconds(typed: string): number {
  if (/^[1-9]\d{0,2}$/.test(typed)) return Number(typed);
  throw new InvalidArgumentError("It is a whole number of seconds from 1 to 999.");
}

function print(output: Output, now: Status): void {
  output.value(now);
  for (const { words, since, severity } of now.concerns) {
    const said = since === null ? words : `${words} (since ${since})`;
    if (severity === "error") output.alarm(said);
    else output.say(said);
  }
  for (const { process, withoutRoom, at } of now.leftOut)
    if (withoutRoom > 0)
      output.alarm(
        `${process} had no room for ${String(withoutRoom)} spans in the last hour (until ${at}): ` +
          `the database was away, or too slow for what is recorded`,
      );
  output.say(`${String(now.people)} people, ${String(now.needSignIn)} of them must sign in again`);
  output.say(`docket: ${now.docket.mode}`);
  output.table(
    ["", "which", "how many"],
    [
      ...rows("records", now.records),
      ...rows("tasks to be carried out", now.open),
      ...rows("tasks given up", now.dead),
    ],
  );
  const { oldestAt, handedOver, notHandedOver } = now.outbox;
  if (oldestAt !== null)
    output.say(
      `the oldest was accepted at ${oldestAt}; of the oldest ${String(handedOver + notHandedOver)}, ` +
        `${String(notHandedOver)} in no queue`,
    );
  tables(output, now);
}

function tables(output: Output, now: Status): void {
  output.table(
    [
      "task",
      "where",
      "waiting",
      "since",
      "running",
      "since",
      "held",
      "delayed",
      "behind",
      "done",
      "failed",
      "put off",
      "given up",
    ],
    now.tasks.map((task) => [
      ...[task.task, task.queue, task.waiting + task.aside, task.oldestWaitingAt],
      ...[task.running, task.oldestRunningAt, task.held, task.delayed, task.blocked],
      ...[task.ended.done, task.ended.failed, task.ended.putOff, task.ended.dead],
    ]),
  );
  output.table(
    ["given up", "why", "how many", "newest"],
    now.deadGroups.map(({ task, error, count, newest }) => [task, error, count, newest]),
  );
  output.table(
    ["struck", "where", "because", "since"],
    now.strikes.map(({ task, where, because, since }) => [task, JSON.stringify(where), because, since]),
  );
  output.table(
    ["on hold", "who", "cause", "until", "why"],
    now.paused.map(({ scope, name, cause, until, reason }) => [scope, name, cause, until, reason]),
  );
  output.table(
    ["must sign in", "since", "why"],
    now.signIns.map(({ did, since, reason }) => [did, since, reason]),
  );
  output.table(
    [
      "not recorded in the last hour",
      "role",
      "traces not begun",
      "spans without room",
      "not writable",
      "until",
    ],
    now.leftOut.map(({ process, role, unbegun, withoutRoom, unwritable, at }) => [
      ...[process, role, unbegun, withoutRoom, unwritable, at],
    ]),
  );
  output.table(
    ["worker", "where", "version", "since", "last heard of", "tasks"],
    now.workers.map(({ id, host, pid, version, startedAt, seenAt, tasks: known }) => [
      ...[id, `${host}, process ${String(pid)}`, version, startedAt, seenAt, known],
    ]),
  );
}

function rows(what: string, counts: Readonly<Record<string, number>>): Cell[][] {
  return Object.entries(counts)
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([which, count]) => [what, which, count]);
}
