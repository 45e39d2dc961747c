import type { Kysely } from "kysely";
import { z } from "zod";
import type { Json } from "../database/json.js";
import type { Schema } from "../database/schema.js";
import { bodyText } from "../outbound/body-text.js";
import { neverLeft } from "../outbound/never-left.js";
import { askedPause } from "../pds/rate-limit.js";
import type { Storage } from "../storage/storage.js";
import { auddAnswer, matchesOf } from "./audd-answer.js";
import { beginCall, endCall } from "./audd-calls.js";
import { judge } from "./flag-rule.js";
import {
  ScanFailed,
  ScanPutOff,
  type Compared,
  type Finding,
  type Scanner,
  type ScanSubject,
} from "./scanner.js";

export interface AuddParts {
  readonly db: Kysely<Schema>;
  readonly storage: Storage;
  /** Our own address, for storage that has none of its own to fetch from. */
  readonly publicUrl: string;
  /** Guarded and limited in time. */
  readonly fetch: typeof globalThis.fetch;
  readonly url: string;
  readonly token: string;
  /** Calls a day. */
  readonly dailyCalls: number;
}

/** For how long AuDD can fetch the audio; seconds. */
const FETCHABLE = 3_600;
/** Bytes of an answer that are read. */
const LARGEST_ANSWER = 8 * 1024 * 1024;
/** Characters that are kept of an answer that is no JSON. */
const UNREADABLE = 10_000;
const COMPARED: Compared = {
  scanner: "AuDD",
  version: "enterprise endpoint, accurate offsets",
  catalogue: null,
  tracks: null,
};
/** AuDD's codes for audio that it can't make sense of, and for a request that is wrong as it stands. */
const OF_THE_TRACK = new Set([50, 51, 300, 400, 500, 600, 601, 602, 700, 701, 702, 906]);
/** For a token that is wrong, blocked, limited or used up: whatever is asked next meets the same. */
const OF_THE_ACCOUNT = new Set([19, 31_337, 611, 900, 901, 902, 903, 904, 905]);
const json: z.ZodType<Json> = z.json();

/**
 * Asks AuDD, once for each content: a call is noted before it leaves, and one whose answer never came is not made again
 * blindly, since it may have been billed.
 */
export class AuddScanner implements Scanner {
  readonly #parts: AuddParts;

  constructor(parts: AuddParts) {
    this.#parts = parts;
  }

  async scan(subject: ScanSubject, signal: AbortSignal): Promise<Finding> {
    const { db, dailyCalls } = this.#parts;
    const begun = await beginCall(db, subject.content.id, dailyCalls);
    switch (begun.state) {
      case "answered":
        return judged(begun.response, subject);
      case "in doubt":
        return inDoubt(begun.since);
      case "spent":
        throw new ScanPutOff(
          `The ${String(dailyCalls)} calls to AuDD that are allowed a day are used up. Going on tomorrow by itself.`,
          { until: begun.until },
        );
      case "begun": {
        const asked = new Date();
        const response = await this.#ask(begun.call, subject, signal);
        return response === LOST ? inDoubt(asked) : judged(response, subject);
      }
    }
  }

  /** @returns what AuDD has answered, and billed */
  async #ask(call: number, subject: ScanSubject, signal: AbortSignal): Promise<Json | typeof LOST> {
    const { db } = this.#parts;
    const posted = await this.#post(call, await this.#form(call, subject), signal);
    if (posted === LOST) return LOST;
    const response = parseJson(posted.text);
    const answer = auddAnswer.safeParse(response).data;
    if (posted.status < 400 && answer?.status !== "error") {
      // Also when we don't understand it: it is an answer, and asking again would cost again.
      await endCall(db, call, { state: "answered", response });
      return response;
    }
    await endCall(db, call, { state: "not billed" });
    if (answer?.status === "error") throw refusal(answer.error, response);
    const { status, until } = posted;
    const words = `AuDD answers ${String(status)}. Trying again by itself.`;
    throw new ScanPutOff(words, {
      until,
      broken: status !== 429 && status < 500,
      mayBeTheTrack: status !== 429,
    });
  }

  async #form(call: number, { fileKey, trackId }: ScanSubject): Promise<URLSearchParams> {
    const { db, storage, publicUrl, token } = this.#parts;
    try {
      const url =
        (await storage.url(fileKey, FETCHABLE)) ??
        new URL(`/tracks/${String(trackId)}/audio`, publicUrl).href;
      return new URLSearchParams({ api_token: token, url, accurate_offsets: "1" });
    } catch (error) {
      await endCall(db, call, { state: "not billed" });
      throw error;
    }
  }

  async #post(call: number, body: URLSearchParams, signal: AbortSignal) {
    const { db, fetch, url } = this.#parts;
    try {
      const response = await fetch(url, { method: "POST", body, signal });
      const { status, headers } = response;
      const pause = askedPause(headers, Date.now());
      const until = pause === undefined ? null : new Date(Date.now() + pause);
      return { status, until, text: await bodyText(response, LARGEST_ANSWER) };
    } catch (cause) {
      if (neverLeft(cause)) {
        await endCall(db, call, { state: "not billed" });
        throw new ScanPutOff("AuDD can't be reached. Trying again by itself.", { cause });
      }
      // Given up here: what became of the call is not known either, and the next run will say so.
      if (signal.aborted) throw cause;
      return LOST;
    }
  }
}

/** The answer never came, or not all of it. */
const LOST = Symbol("the answer is lost");

function refusal(
  { error_code: code, error_message: message }: { error_code: number; error_message: string },
  response: Json,
): ScanFailed | ScanPutOff {
  const words = `AuDD refuses it: ${message.slice(0, 300)} (error ${String(code)}).`;
  if (OF_THE_TRACK.has(code)) return new ScanFailed(words, { response });
  return new ScanPutOff(`${words} Trying again by itself.`, {
    broken: true,
    mayBeTheTrack: !OF_THE_ACCOUNT.has(code),
  });
}

function judged(response: Json, { names }: ScanSubject): Finding {
  const answer = auddAnswer.safeParse(response).data;
  const found = { compared: COMPARED, response };
  if (answer?.status !== "success") {
    const reason = "AuDD has answered something that is not understood here. Its answer is kept: look at it.";
    return { ...found, state: "review", reason, matches: [] };
  }
  const matches = matchesOf(answer, names);
  return { ...found, ...judge(matches), matches };
}

function inDoubt(since: Date): Finding {
  return {
    state: "review",
    reason:
      `AuDD was asked at ${since.toISOString()}, and its answer never came. It may have billed the call, so it is not ` +
      `asked again by itself: look at the track, or have it scanned again.`,
    matches: [],
    compared: COMPARED,
    response: null,
  };
}

function parseJson(text: string): Json {
  try {
    return json.parse(JSON.parse(text));
  } catch {
    // What it is instead is for a person to see.
    return { unreadable: text.slice(0, UNREADABLE) };
  }
}
