import type { Context } from "hono";
import type { z } from "zod";
import { Problem } from "./problem.js";

/**
 * The body of a request, as the schema has it.
 *
 * @throws {Problem} 422 naming the field that is wrong, `body` when it is not JSON at all
 */
export async function readJson<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(parse(await c.req.text()));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.code === "unrecognized_keys" ? issue.keys[0] : issue?.path.join(".");
  throw new Problem(
    422,
    "malformed",
    issue?.message ?? "The body is not as it is taken here",
    (field ?? "").slice(0, 80) || "body",
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Problem(422, "malformed", "The body is not JSON", "body");
  }
}
