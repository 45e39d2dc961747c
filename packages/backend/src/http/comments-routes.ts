import { Hono } from "hono";
import { z } from "zod";
import type { Comments } from "../comments/comments.js";
import { demandEmptyBody } from "./empty-body.js";
import type { HttpEnv, SignedInEnv } from "./env.js";
import { parseBody } from "./posted-body.js";
import { Problem } from "./problem.js";
import type { Doorkeeper } from "./signed-in.js";
import { parseTrackId } from "./track-id.js";

/** As the lexicon counts: bytes of UTF-8. */
const LONGEST = 1_000;
const LARGEST_INTEGER = 2_147_483_647;
const NUL = "\u0000";

const text = z
  .string("must be text")
  .refine((value) => value.trim() !== "", "says nothing")
  .refine((value) => Buffer.byteLength(value) <= LONGEST, `is longer than ${String(LONGEST)} bytes of UTF-8`)
  .refine((value) => value.isWellFormed() && !value.includes(NUL), "holds what is no text");
const newComment = z.strictObject({
  text,
  timestamp_ms: z
    .int("must be a whole number of milliseconds")
    .min(0, "must not be negative")
    .max(LARGEST_INTEGER, "is past the end of any track"),
});
const change = z.strictObject({ text });

/**
 * What is said about a track: everybody reads it, who is signed in adds to it, and its author changes or removes it.
 * Answers come at once; the PDS follows.
 */
export function commentsRoutes(doorkeeper: Doorkeeper, comments: Comments): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get("/tracks/:id/comments", async (c) => {
    const person = await doorkeeper.recognise(c);
    return c.json({ comments: await comments.on(parseTrackId(c.req.param("id")), person?.did) });
  });

  routes.route("/", changingRoutes(doorkeeper, comments));
  return routes;
}

function changingRoutes(doorkeeper: Doorkeeper, comments: Comments): Hono<SignedInEnv> {
  const routes = new Hono<SignedInEnv>();
  const signedIn = doorkeeper.demandSignedIn();

  routes.post("/tracks/:id/comments", signedIn, async (c) => {
    const trackId = parseTrackId(c.req.param("id"));
    const body = await parseBody(c, newComment);
    const remark = { text: body.text, timestampMs: body.timestamp_ms };
    return c.json({ comment: await comments.add(c.get("person").did, trackId, remark) }, 201);
  });

  routes.patch("/tracks/comments/:id", signedIn, async (c) => {
    const id = parseCommentId(c.req.param("id"));
    const body = await parseBody(c, change);
    return c.json({ comment: await comments.edit(c.get("person").did, id, body.text) });
  });

  routes.delete("/tracks/comments/:id", signedIn, async (c) => {
    const id = parseCommentId(c.req.param("id"));
    await demandEmptyBody(c);
    return c.json({ comment: await comments.remove(c.get("person").did, id) });
  });

  return routes;
}

const commentId = z
  .string()
  .regex(/^[1-9]\d{0,9}$/)
  .transform(Number)
  .pipe(z.int32());

/** @throws {Problem} 404 for what can't be an id: there is no such comment either way */
function parseCommentId(typed: string): number {
  const parsed = commentId.safeParse(typed);
  if (parsed.success) return parsed.data;
  throw new Problem(404, "unknown_comment", `There is no comment ${JSON.stringify(typed.slice(0, 80))}`);
}
