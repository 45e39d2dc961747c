import type { Json } from "../database/json.js";

/** What operators search for: each kind of task in the words of the page that describes the system. */
const WORDS: Readonly<Record<string, string>> = {
  "copyright.scan": "copyright scan",
  "media.export": "media export",
  "media.export.clear": "media export clearing",
  "list.write": "album list sync",
  "track.publish": "track publish",
  "track.withdraw": "track withdrawal",
  "teal.status.write": "teal status",
  "person.leave": "account deletion",
  "notice.send": "operator notice",
};

/** `pds.record.write` carries several families: what it is about tells which. */
const BY_SUBJECT: Readonly<Record<string, string>> = {
  track: "PDS like",
  comment: "PDS comment",
  play: "teal scrobble",
};

/** A task in words; one that has none yet by its name. */
export function wordsFor(task: string, payload: Json): string {
  const about = textIn(payload, "about");
  if (about !== undefined) return BY_SUBJECT[about.split(":", 1)[0] ?? ""] ?? "PDS record";
  return WORDS[task] ?? task;
}

/** Whose task it is, where its payload says so. */
export function personIn(payload: Json): string | undefined {
  return textIn(payload, "did");
}

function textIn(payload: Json, name: string): string | undefined {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return undefined;
  const value = payload[name];
  return typeof value === "string" ? value : undefined;
}
