import type { Json } from "../database/json.js";

/** What operators search for: each kind of task in the words of the page that describes the system. */
const WORDS: Readonly<Record<string, string>> = {
  "copyright.scan": "copyright scan",
  "media.export": "media export",
  "media.export.clear": "media export clearing",
  "atproto.sync": "ATProto sync",
  "pds.records.batch": "PDS records together",
  "list.write": "album list sync",
  "track.publish": "track publish",
  "track.withdraw": "track withdrawal",
  "teal.status.write": "teal status",
  "person.leave": "account deletion",
  "notice.send": "operator notice",
  "alerts.evaluate": "look for trouble",
};

/** Carries several families: what it is about tells which. */
const RECORD_WRITE = "pds.record.write";
const BY_SUBJECT: Readonly<Record<string, string>> = {
  track: "PDS like",
  comment: "PDS comment",
  play: "teal scrobble",
};

/** A task in words; one that has none yet by its name. */
export function wordsFor(task: string, payload: Json): string {
  if (task !== RECORD_WRITE) return WORDS[task] ?? task;
  const [subject = ""] = (textIn(payload, "about") ?? "").split(":", 1);
  return BY_SUBJECT[subject] ?? "PDS record";
}

/** Whose task it is, where its payload says so: whose PDS it is for (`did`), or whose thing it is about (`owner`). */
export function personIn(payload: Json): string | undefined {
  return textIn(payload, "did") ?? textIn(payload, "owner");
}

function textIn(payload: Json, name: string): string | undefined {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return undefined;
  const value = payload[name];
  return typeof value === "string" ? value : undefined;
}
