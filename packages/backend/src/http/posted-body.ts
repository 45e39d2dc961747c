import type { Context } from "hono";
import type { z } from "zod";
import { Problem } from "./problem.js";

/**
 * The request's body, as `schema` (a strict object) has it.
 *
 * @throws {Problem} 422 naming the field that is missing, wrong or unknown, or `body` when it is no JSON object
 */
export async function parseBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  return parse(await c.req.text(), schema);
}

/** The same, where no body says as much as `{}`. */
export async function parseOptionalBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const text = await c.req.text();
  return parse(text.trim() === "" ? "{}" : text, schema);
}

function parse<T>(text: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0]?.slice(0, 80) : undefined;
  if (unknown !== undefined) {
    throw new Problem(422, "malformed", `${JSON.stringify(unknown)} is not known here`, unknown);
  }
  const field = issue?.path[0]?.toString();
  throw field === undefined
    ? new Problem(422, "malformed", "The body must be a JSON object", "body")
    : new Problem(422, "malformed", `${field}: ${issue?.message ?? "is malformed"}`, field);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Problem(422, "malformed", "The body is not JSON", "body");
  }
}
