import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Logger } from "pino";
import { TooManyTokens, UnknownToken } from "../auth/developer-tokens.js";
import { NotTheAuthor, PastTheEnd, TooManyComments, UnknownComment } from "../comments/refusals.js";
import { ExportExpired, NotDone, NothingToExport, UnknownExport } from "../exports/refusals.js";
import { UnknownTrack } from "../likes/unknown-track.js";
import { AlbumFull, BadOrder, OnAnotherAlbum, SlugTaken, UnknownAlbum } from "../lists/refusals.js";
import { NotHeardYet, UnknownPlay } from "../plays/refusals.js";
import { Leaving } from "../records/one-at-a-time.js";
import { StorageUnavailable } from "../storage/storage.js";
import { NotAudio } from "../tracks/inspect-audio.js";
import { NotYours } from "../tracks/not-yours.js";
import { Stalled, TooLarge } from "../tracks/receive.js";
import { BadWords } from "../tracks/words.js";
import { TooLate, UnknownWrite } from "../waiting/refusals.js";
import type { HttpEnv } from "./env.js";

/** An answer that says no: to be thrown from anywhere in a route. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: ContentfulStatusCode;
  /** For programs. */
  readonly code: string;
  /** Which part of the request is meant. */
  readonly field: string | undefined;

  /** @param message for people */
  constructor(status: ContentfulStatusCode, code: string, message: string, field?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

/** Who signs out has writes that are not on their PDS yet, and has not said what is to become of them. */
export class OpenWrites extends Error {
  override readonly name = "OpenWrites";
  readonly count: number;

  constructor(count: number) {
    super(
      `${count === 1 ? "One thing that you did is" : `${String(count)} things that you did are`} not on your PDS yet: ` +
        `sign out "anyway", and they go on by themselves, or "cancel" them`,
    );
    this.count = count;
  }
}

/** Turns whatever a route threw into `{error: {code, message, field?}}`; only what we did not expect is logged. */
export function answerError(error: unknown, c: Context<HttpEnv>, log: Logger): Response {
  if (error instanceof OpenWrites) {
    return c.json({ error: { code: "open_writes", message: error.message, count: error.count } }, 409);
  }
  const { status, code, message, field } = toProblem(error) ?? unexpected(error, c, log);
  return c.json({ error: { code, message, ...(field !== undefined && { field }) } }, status);
}

export function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof UnknownTrack) return new Problem(404, "unknown_track", error.message);
  if (error instanceof UnknownComment) return new Problem(404, "unknown_comment", error.message);
  if (error instanceof NotTheAuthor) return new Problem(403, "not_the_author", error.message);
  if (error instanceof PastTheEnd) return new Problem(422, "malformed", error.message, "timestamp_ms");
  if (error instanceof TooManyComments) return new Problem(409, "too_many_comments", error.message);
  if (error instanceof TooManyTokens) return new Problem(409, "too_many_tokens", error.message);
  if (error instanceof UnknownToken) return new Problem(404, "unknown_token", error.message);
  if (error instanceof UnknownWrite) return new Problem(404, "unknown_write", error.message);
  if (error instanceof TooLate) return new Problem(409, "too_late", error.message);
  if (error instanceof Leaving)
    return new Problem(401, "not_signed_in", "Your account here is being deleted");
  if (error instanceof NotYours) return new Problem(403, "not_yours", error.message);
  if (error instanceof UnknownAlbum) return new Problem(404, "unknown_album", error.message);
  if (error instanceof SlugTaken) return new Problem(409, "slug_taken", error.message, "title");
  if (error instanceof OnAnotherAlbum) return new Problem(409, "on_another_album", error.message, "track_id");
  if (error instanceof AlbumFull) return new Problem(422, "album_full", error.message, "track_id");
  if (error instanceof BadOrder) return new Problem(422, "malformed", error.message, "track_ids");
  if (error instanceof UnknownPlay) return new Problem(404, "unknown_play", error.message);
  if (error instanceof NotHeardYet) return new Problem(409, "not_heard_yet", error.message);
  if (error instanceof BadWords) return new Problem(422, "malformed", error.message, error.field);
  if (error instanceof NotAudio) return new Problem(422, "not_audio", error.message, "file");
  if (error instanceof TooLarge) return new Problem(413, "too_large", error.message, "file");
  if (error instanceof Stalled) return new Problem(408, "stalled", error.message, "file");
  if (error instanceof UnknownExport) return new Problem(404, "unknown_export", error.message);
  if (error instanceof NothingToExport) return new Problem(409, "nothing_to_export", error.message);
  if (error instanceof NotDone) return new Problem(409, "export_not_done", error.message);
  if (error instanceof ExportExpired) return new Problem(410, "export_expired", error.message);
  if (error instanceof StorageUnavailable) {
    return new Problem(503, "storage_away", "Our storage can't be used at the moment. Try again in a while");
  }
  if (error instanceof HTTPException) {
    return error.status === 413
      ? new Problem(413, "too_large", "The request is larger than is accepted here", "body")
      : new Problem(asContentful(error.status), "refused", error.message);
  }
  return undefined;
}

function asContentful(status: number): ContentfulStatusCode {
  return status === 400 || status === 403 || status === 404 ? status : 500;
}

function unexpected(err: unknown, c: Context<HttpEnv>, log: Logger): Problem {
  const requestId = c.get("requestId");
  log.error({ err, requestId, method: c.req.method, path: c.req.path }, "request failed");
  return new Problem(500, "internal", `Something went wrong here. The log has it as request ${requestId}`);
}
