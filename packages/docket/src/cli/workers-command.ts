import { since } from "./age.js";
import type { AddCommand } from "./command.js";

export const addWorkers: AddCommand = (program, bind) => {
  program
    .command("workers")
    .description("who is there to run tasks; ends with 1 when nobody is")
    .action(
      bind(async ({ docket, output }) => {
        const { workers, now, lastWorkerAt } = await docket.snapshot();
        for (const worker of workers) output.value(worker);
        output.table(
          ["worker", "host", "pid", "version", "at a time", "heard of", "tasks"],
          workers.map(({ worker, host, pid, version, concurrency, seenAt, tasks }) => [
            ...[worker, host, pid, version, concurrency, `${since(seenAt, now) ?? ""} ago`],
            tasks.join(", "),
          ]),
        );
        if (workers.length > 0) return 0;
        const last = since(lastWorkerAt, now);
        output.note(
          last === undefined
            ? "No worker is there, and none was in the last hour."
            : `No worker is there: the last was heard of ${last} ago.`,
        );
        return 1;
      }),
    );
};
