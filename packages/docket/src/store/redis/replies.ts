import { unseal } from "../envelope.js";
import type { Overview, Pause, Snapshot, Strike } from "../sight.js";
import type {
  Added,
  Claim,
  End,
  Found,
  FoundState,
  Letter,
  Message,
  NewTask,
  Settled,
  Standing as StandsAs,
} from "../store.js";

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

/** What became of tasks that were added: the reply names those that didn't come in, by place from 1. */
export function added(tasks: readonly NewTask[], reply: unknown, into: Added[]): void {
  const flat = list(reply);
  const first = into.length;
  for (const { id } of tasks) into.push({ id, added: true });
  for (let at = 0; at < flat.length; at += 2)
    into[first + number(flat[at]) - 1] = keptOut(text(flat[at + 1]));
}

/** @param said the id of the living task of its key; or why the door refused it, and the id of the last that came in there */
function keptOut(said: string): Added {
  const [first = "", last] = said.split("\t");
  if (last === undefined) return { id: said, added: false };
  return { id: last, added: false, refused: oneOf(["rate", "cooldown"], first) };
}

export function settled(reply: unknown): { settled: Settled; standing: Standing } {
  const flat = list(reply);
  const [now, nextMs, known, aliveUntil, slots, refusedCount] = flat;
  const from = 6 + number(refusedCount);
  const claims: Claim[] = [];
  const claimedAt = number(now);
  for (let at = from; at < flat.length; at += 2)
    claims.push(claim(text(flat[at]), text(flat[at + 1]), claimedAt));
  const refused = flat.slice(6, from).map(text);
  return {
    settled: { now: claimedAt, nextMs: number(nextMs), known: known === 1, refused, claims },
    standing: { now: claimedAt, aliveUntil: String(aliveUntil), slots: text(slots) },
  };
}

/** What a batch's leader is given besides. */
export function gathered(reply: unknown): Claim[] {
  const [now, ...flat] = list(reply);
  const claims: Claim[] = [];
  for (let at = 0; at < flat.length; at += 2)
    claims.push(claim(text(flat[at]), text(flat[at + 1]), number(now)));
  return claims;
}

/** How a worker stands with the store, as the answer to its call says. */
export interface Standing {
  readonly now: number;
  /** Until when it is counted on (ms); empty where that isn't known. */
  readonly aliveUntil: string;
  /** What the store says that it can be given; empty: nothing. */
  readonly slots: string;
}

/** @param head attempt:delivery:lost:id */
function claim(head: string, body: string, claimedAt: number): Claim {
  const fresh = head.startsWith("1:1:0:");
  const [attempt = "1", delivery = "1", lost = "0"] = fresh ? [] : head.split(":", 3);
  const id = fresh ? head.slice(6) : head.slice(attempt.length + delivery.length + lost.length + 3);
  return {
    id,
    stored: unseal(body),
    attempt: Number(attempt),
    delivery: Number(delivery),
    lost: Number(lost),
    claimedAt,
  };
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

const LIVING = ["waiting", "blocked", "delayed", "held", "running", "cancelling", "aside"] as const;

export function state(reply: unknown): StandsAs {
  const ended = end(reply).kind;
  return ended === "living" ? oneOf(LIVING, strings(reply)[1]) : ended;
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
    workers: workers.flatMap((entry: unknown) => {
      const [info, aliveUntil, seenAt] = list(entry);
      const said = readWorker(text(info));
      if (said === undefined) return []; // a stranger's
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

/** What a worker said of itself; undefined for anything else. */
function readWorker(json: string): Record<string, unknown> | undefined {
  try {
    const said = object(JSON.parse(json));
    return Array.isArray(said["tasks"]) && typeof said["worker"] === "string" ? said : undefined;
  } catch {
    return undefined;
  }
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
