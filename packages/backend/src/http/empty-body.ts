import type { Context } from "hono";
import { z } from "zod";
import { Problem } from "./problem.js";

const nothing = z.strictObject({});

/**
 * For requests that say everything in their path. No body is fine, and so is `{}`.
 *
 * @throws {Problem} 422 naming `body` when it is not a JSON object, or the field that is not known here
 */
export async function demandEmptyBody(c: Context): Promise<void> {
  const text = await c.req.text();
  if (text.trim() === "") return;
  const parsed = nothing.safeParse(parseJson(text));
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  const field = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  throw field === undefined
    ? new Problem(422, "malformed", "The body must be a JSON object, or left out", "body")
    : new Problem(
        422,
        "malformed",
        `"${field.slice(0, 80)}" is not known here; leave the body out`,
        field.slice(0, 80),
      );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Problem(422, "malformed", "The body is not JSON; leave it out", "body");
  }
}
