import { readVersioned } from "../../task/version.js";
import { field } from "../envelope.js";
import { ENDINGS, type EndedTask, type Ending, type EndsAsked, type EndsFound } from "../history.js";
import { strings } from "./replies.js";

/** As `recent.lua` is told what is asked for. */
export function endsArguments({ most, before, id, task, key, ended }: EndsAsked): string[] {
  const place = before === undefined ? ["", ""] : [String(before.endedAt), before.id ?? ""];
  return [String(most), ...place, id ?? "", field(task ?? ""), field(key ?? ""), ended ?? ""];
}

/** What `recent.lua` answers. */
export function endsFound(reply: unknown): EndsFound {
  const [at = "", id = "", ...flat] = strings(reply);
  const ended: EndedTask[] = [];
  for (let from = 0; from < flat.length; from += 3) {
    const [own = "", endedAt = "", entry = ""] = flat.slice(from, from + 3);
    const read = readEntry(own, Number(endedAt), entry);
    if (read !== undefined) ended.push(read);
  }
  return { ended, next: at === "" ? undefined : { endedAt: Number(at), id } };
}

/** A run's head as it stood, see body.lua: attempt, delivery, lost, owner, and when it was claimed. */
const RUN = /^(\d+):(\d+):\d+:([^#!@]*)(?:#\d*)?!?(?:@(\d+))?/;

/** An entry as `history.lua` writes it; undefined for anything else. */
function readEntry(id: string, endedAt: number, entry: string): EndedTask | undefined {
  const [how = "", name = "", key = "", addedAt = "", run = "", ...message] = entry.split("\t");
  if (!isEnding(how)) return undefined;
  const [, attempt = "1", delivery = "0", owner = "", claimedAt] = RUN.exec(run) ?? [];
  const named = readVersioned(name);
  const error = message.join("\t");
  return {
    id,
    task: name === "" ? undefined : unfield(named.name),
    version: name === "" ? undefined : (named.version ?? 1),
    key: key === "" ? undefined : unfield(key),
    ended: how,
    addedAt: addedAt === "" ? undefined : Number(addedAt),
    startedAt: claimedAt === undefined ? undefined : Number(claimedAt),
    endedAt,
    attempts: attempt === "0" ? undefined : Number(attempt) - (owner === "" ? 1 : 0),
    deliveries: Number(delivery),
    worker: owner === "" ? undefined : owner,
    error: error === "" ? undefined : error,
  };
}

function isEnding(how: string): how is Ending {
  return Object.hasOwn(ENDINGS, how);
}

/** What isn't ours is told as it lies there. */
function unfield(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
