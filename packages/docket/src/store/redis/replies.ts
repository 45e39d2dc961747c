import { unseal } from "../envelope.js";
import type { Overview, Snapshot, Strike } from "../sight.js";
import type { Added, Claim, End, Found, FoundState, Letter, Message, Pause, Settled } from "../store.js";

/** Thrown when a script answers what it can't answer: someone else writes under our keys, or versions are mixed up. */
export class UnexpectedReply extends Error {
  override readonly name = "UnexpectedReply";

  constructor(expected: string, reply: unknown) {
    super(
      `redis answered ${JSON.stringify(reply).slice(0, 200)} where ${expected} was expected: does something else write under the docket's keys?`,
    );
  }
}

export function strings(reply: unknown): string[] {
  return list(reply).map(text);
}

export function oneOf<const T extends string>(allowed: readonly T[], reply: unknown): T {
  const found = allowed.find((value) => value === reply);
  if (found === undefined) throw new UnexpectedReply(`one of ${allowed.join(", ")}`, reply);
  return found;
}

/** What the door said to a task of this id: the id of a living one (its own where it was added), or why it was refused. */
export function added(own: string, said: string): Added {
  const [first = "", last] = said.split("\t");
  if (last === undefined) return { id: said, added: said === own };
  return { id: last, added: false, refused: oneOf(["rate", "cooldown"], first) };
}

export function settled(reply: unknown): Settled {
  const [now, nextMs, known, refusedCount, ...rest] = list(reply);
  const refused = rest.slice(0, number(refusedCount)).map(text);
  const flat = rest.slice(refused.length);
  const claims: Claim[] = [];
  for (let at = 0; at < flat.length; at += 5) {
    claims.push({
      id: text(flat[at]),
      attempt: number(flat[at + 1]),
      delivery: number(flat[at + 2]),
      lost: number(flat[at + 3]),
      stored: unseal(text(flat[at + 4])),
      claimedAt: number(now),
    });
  }
  return { now: number(now), nextMs: number(nextMs), known: known === 1, refused, claims };
}

/** A message as `dispatch.lua`, `watch.lua` and `cancel.lua` write it; undefined for anything else. */
export function message(line: string): Message | undefined {
  const [kind, ...rest] = line.split("\t");
  const [first = ""] = rest;
  if (kind === "look") return { kind: "look", ms: Number(first) || 0 };
  if (kind === "cancel") return { kind: "cancel", id: first };
  const [claimedAt, more, id, attempt, delivery, lost, ...body] = rest;
  if (kind !== "task" || id === undefined || body.length === 0) return undefined;
  return {
    kind: "task",
    more: more === "1",
    claim: {
      id,
      attempt: Number(attempt),
      delivery: Number(delivery),
      lost: Number(lost),
      claimedAt: Number(claimedAt),
      stored: unseal(body.join("\t")),
    },
  };
}

export function found(reply: unknown): Found[] {
  const flat = strings(reply);
  const all: Found[] = [];
  for (let at = 0; at < flat.length; at += 3) {
    const state = oneOf<FoundState>(["waiting", "delayed", "running", "dead", "unknown"], flat[at]);
    all.push({
      state,
      id: state === "unknown" ? undefined : text(flat[at + 1]),
      info: state === "dead" ? text(flat[at + 2]) : undefined,
    });
  }
  return all;
}

export function end(reply: unknown): End {
  const [said, detail = ""] = strings(reply);
  const kind = oneOf(["living", "dead", "done", "cancelled", "unknown"], said);
  if (kind === "dead") return { kind, info: detail };
  if (kind === "done") return { kind, result: { json: detail === "" ? undefined : detail } };
  return { kind };
}

export function pauses(reply: unknown): Pause[] {
  const flat = list(reply);
  const all: Pause[] = [];
  for (let at = 0; at < flat.length; at += 3) {
    const [group, reason] = [decodeURIComponent(text(flat[at])), decodeURIComponent(text(flat[at + 2]))];
    all.push({ group, until: number(flat[at + 1]), reason });
  }
  return all;
}

export function strikes(reply: unknown): Strike[] {
  const flat = list(reply);
  const all: Strike[] = [];
  for (let at = 0; at < flat.length; at += 4) {
    const [task = "", where = ""] = text(flat[at]).split("\t");
    all.push({
      task: decodeURIComponent(task),
      where,
      since: number(flat[at + 1]),
      reason: decodeURIComponent(text(flat[at + 2])),
      held: number(flat[at + 3]),
    });
  }
  return all;
}

export function letters(reply: unknown): Letter[] {
  const flat = strings(reply);
  const all: Letter[] = [];
  for (let at = 0; at < flat.length; at += 3) {
    const [info = "", body, ...failures] = text(flat[at + 2]).split("\n");
    const stored = body === undefined ? undefined : unseal(body);
    all.push({ id: text(flat[at]), diedAt: number(flat[at + 1]), info, stored, failures });
  }
  return all;
}

export function overview(reply: unknown): Overview {
  const read = object(JSON.parse(text(reply)));
  const tasks = Array.isArray(read["tasks"]) ? read["tasks"] : [];
  return {
    estimated: read["estimated"] === true,
    tasks: tasks.map((entry: unknown) => {
      const said = object(entry);
      const ended = counts(said["ended"]);
      return {
        task: decodeURIComponent(text(said["name"])),
        waiting: number(said["waiting"]),
        delayed: number(said["delayed"]),
        running: number(said["running"]),
        held: number(said["held"]),
        blocked: number(said["blocked"]),
        aside: number(said["aside"]),
        oldestWaitingAt: optionalNumber(said["oldest_waiting"]),
        oldestRunningAt: optionalNumber(said["oldest_running"]),
        ended: {
          done: ended["done"] ?? 0,
          failed: ended["retry"] ?? 0,
          putOff: ended["park"] ?? 0,
          dead: ended["dead"] ?? 0,
        },
      };
    }),
  };
}

export function snapshot(reply: unknown): Snapshot {
  const read = object(JSON.parse(text(reply)));
  const workers = Array.isArray(read["workers"]) ? read["workers"] : [];
  return {
    now: number(read["now"]),
    waiting: number(read["waiting"]),
    blocked: number(read["blocked"]),
    delayed: number(read["delayed"]),
    held: number(read["held"]),
    running: number(read["running"]),
    dead: number(read["dead"]),
    aside: counts(read["aside"]),
    tasks: counts(read["tasks"]),
    oldestWaitingAt: optionalNumber(read["oldest_waiting_at"]),
    nextAt: optionalNumber(read["next_at"]),
    lastWorkerAt: optionalNumber(read["last_worker_at"]),
    counts: counts(read["counts"]),
    workers: workers.map((entry: unknown) => {
      const [info, aliveUntil, seenAt] = list(entry);
      const said = object(JSON.parse(text(info)));
      return {
        worker: text(said["worker"]),
        tasks: list(said["tasks"]).map((name) => decodeURIComponent(text(name))),
        concurrency: number(said["concurrency"]),
        host: text(said["host"]),
        pid: number(said["pid"]),
        ...(typeof said["version"] === "string" ? { version: said["version"] } : {}),
        startedAt: optionalNumber(said["startedAt"]),
        seenAt: number(seenAt),
        aliveUntil: number(aliveUntil),
      };
    }),
  };
}

/** Lua has one kind of table: an empty object comes as an empty array and the other way round. */
function counts(value: unknown): Record<string, number> {
  if (Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(object(value)).map(([name, count]) => [decodeURIComponent(name), number(count)]),
  );
}

function object(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new UnexpectedReply("an object", value);
  return { ...value };
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new UnexpectedReply("a list", value);
  return value;
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new UnexpectedReply("a text", value);
}

function number(value: unknown): number {
  const read = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof read === "number" && Number.isFinite(read)) return read;
  throw new UnexpectedReply("a number", value);
}

function optionalNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : number(value);
}
