import type { Context } from "hono";
import { stream } from "hono/streaming";
import { z } from "zod";
import type { Json } from "../database/schema.js";
import type { HttpEnv } from "../http/env.js";
import { toProblem } from "../http/problem.js";

/** One line of a long answer. The last one says how it ended, so that an answer that was cut off is known as such. */
export type AnswerLine =
  { readonly line: Json } | { readonly end: "done" } | { readonly end: "failed"; readonly message: string };

export const answerLine: z.ZodType<AnswerLine> = z.union([
  z.object({ line: z.json() }),
  z.object({ end: z.literal("done") }),
  z.object({ end: z.literal("failed"), message: z.string() }),
]);

/**
 * Answers line by line (NDJSON), as they come: for what takes long, or is long. Nothing is made faster than it is read.
 *
 * @param open its signal is aborted when nobody listens any more
 */
export function answerLines(
  c: Context<HttpEnv>,
  log: { error(fields: object, message: string): void },
  open: (signal: AbortSignal) => AsyncIterable<Json>,
): Response {
  const requestId = c.get("requestId");
  const path = c.req.path;
  c.header("content-type", "application/x-ndjson");
  return stream(c, async (body) => {
    const gone = new AbortController();
    body.onAbort(() => {
      gone.abort();
    });
    const write = (line: AnswerLine) => body.write(`${JSON.stringify(line)}\n`);
    try {
      for await (const line of open(gone.signal)) {
        if (gone.signal.aborted) return;
        await write({ line });
      }
      await write({ end: "done" });
    } catch (err) {
      if (gone.signal.aborted) return;
      const problem = toProblem(err);
      if (problem === undefined) log.error({ err, requestId, path }, "request failed");
      const message = problem?.message ?? `Something went wrong here. The log has it as request ${requestId}`;
      await write({ end: "failed", message });
    }
  });
}
