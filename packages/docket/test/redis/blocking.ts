import { execFileSync } from "node:child_process";
import { setImmediate as turn } from "node:timers/promises";
import { z } from "zod";
import { defineTask, type Task } from "../../src/index.js";

export interface Blocking {
  began(n: number): void;
  aborted(reason: string): void;
}

const payload = z.object({
  n: z.number(),
  /** How it blocks: in a loop, in a call that returns when it is over, or in a loop after it had given way once. */
  how: z.enum(["loop", "call", "loop later"]),
  ms: z.number(),
});

type BlockingTask = Task<z.input<typeof payload>, Blocking>;

/** Blocks the event loop, tells what its signal says afterwards, and returns its number. */
function define(name: string, timeout: "1s" | "1m"): BlockingTask {
  return defineTask<Blocking>()({
    name,
    payload,
    timeout,
    result: true,
    async run({ n, how, ms }, { services, signal }) {
      if (how === "loop later") await turn();
      services.began(n);
      if (how === "call") execFileSync("sleep", [String(ms / 1_000)]);
      else for (const began = performance.now(); performance.now() - began < ms;);
      await turn();
      await turn();
      if (signal.reason instanceof Error) services.aborted(signal.reason.name);
      return n;
    },
  });
}

/** May take longer than it does. */
export const slow = define("slow", "1m");
/** May not. */
export const stuck = define("stuck", "1s");
