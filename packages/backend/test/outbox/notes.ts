import { defineTask, type RunContext } from "@plyr/docket";
import { z } from "zod";
import { sendNotice } from "../../src/notices/send-notice.js";
import type { RegisteredTask } from "../../src/tasks/registry.js";
import type { TaskServices } from "../../src/tasks/services.js";

type Work = (text: string, ctx: RunContext<TaskServices>) => Promise<unknown> | undefined;

/** A task that does what the test says, and a book of what it has been asked to do. */
export function noteTask(work: Work = () => undefined) {
  const done: string[] = [];
  const givenUp: { text: string; reason: string }[] = [];
  const payload = z.object({ about: z.string(), text: z.string() });
  const task = defineTask<TaskServices>()({
    name: "test.note",
    payload,
    serial: ({ about }) => `note:${about}`,
    timeout: "20s",
    maxAge: "30d",
    onDeadLetter: async (_payload, death, { bury }) => {
      if (death.key !== undefined) await bury(death.key, death.reason);
    },
    async run({ text }, ctx) {
      await work(text, ctx);
      done.push(text);
    },
  });
  const registered: RegisteredTask = {
    task,
    givenUp: (_tx, given, reason) => {
      givenUp.push({ text: payload.parse(given).text, reason });
      return Promise.resolve();
    },
  };
  // What is given up is told of by a notice, which must not lie about.
  const registry: RegisteredTask[] = [registered, { task: sendNotice }];
  return { task, done, givenUp, registry };
}
