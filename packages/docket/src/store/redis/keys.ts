/**
 * Every key of the Redis store. All keys of one docket share one hash tag, so that a cluster keeps them in one slot
 * and two dockets on one Redis never meet.
 */
export const KEYS = {
  /** HASH: layout version; when the last of those begins that begin apart (ms); how many of a round of priorities have been claimed. */
  meta: "meta",
  /** HASH id → body (see envelope.ts). A task lives as long as it is here. */
  bodies: "bodies",
  /** HASH id → attempt:delivery:lost:owner, from the first claim on, and what body.lua says of it. */
  runs: "runs",
  /** LIST of ids that may run now, in turn: those of normal priority. */
  ready: "ready",
  /** LISTs of those of another priority. */
  ready_high: "ready-high",
  ready_low: "ready-low",
  /** HASH id → "high" or "low", where its priority isn't the normal one. */
  priorities: "priorities",
  /** ZSET id → when it is due (ms). */
  schedule: "schedule",
  /** ZSET id → when its lease ends (ms). */
  leases: "leases",
  /** HASH idempotency key → id of the living task. */
  keys: "keys",
  /** HASH idempotency key whose task replaces a running one → id of that, tab, when it is due then (ms; empty: its lane sees to it). */
  followers: "followers",
  /** HASH serial key → id of the task at its head. */
  lanes: "lanes",
  /** HASH id of a task with a group → since when it is held (ms; empty: it isn't), starts, per (ms), group; tabs between. */
  groups: "groups",
  /** HASH id of a task with a limit → how many runs there may be, name, key; tabs between. */
  limits: "limits",
  /** HASH id of a task that runs in batches → how many at most, within (ms), name, what they share, tabs between; and gate of a batch → its leader (see batch.lua). */
  batches: "batches",
  /** HASH paused group → until when (ms), tab, reason. */
  paused: "paused",
  /** ZSET gate behind which something is held → when it opens (ms). Gates: "p", tab, group; "r", tab, task name, tab, group; "s", tab, strike (+inf); "c", tab, task name, tab, key of a limit; "b", tab, task name, tab, what a batch shares. */
  gates: "gates",
  /** HASH strike (task name, or that, tab, JSON of the fields that match) → since when (ms), tab, reason. */
  strikes: "strikes",
  /** HASH task name → living tasks. */
  living: "living",
  /** SET of task names that something is laid aside of. */
  asides: "asides",
  /** HASH id → "=" and what its run returned (JSON); empty when it was cancelled. For ten minutes, or as `results` of `Docket.open` says. */
  results: "results",
  /** ZSET id → when its result goes (ms), less ten minutes. */
  result_times: "result-times",
  /** HASH id → how it ended, and what history.lua says of it, where a history is kept; for as long, and as many, as `history` of `Docket.open` says. */
  history: "history",
  /** ZSET id → when it ended (ms). */
  history_times: "history-times",
  /** ZSET id → when it died (ms). */
  dead: "dead",
  /** HASH id → info, line break, body, and each earlier failure behind a line break. */
  letters: "letters",
  /** HASH idempotency key → id of the dead letter. */
  dead_keys: "dead-keys",
  /** ZSET worker → until when it counts as alive (ms). */
  workers: "workers",
  /** HASH worker → when it last gave a sign of life (ms). */
  seen: "seen",
  /** HASH worker → what it said of itself (JSON). */
  infos: "infos",
  /** ZSET sleeping worker → when it wakes by itself (ms), and behind the point what it can be given (watch.lua). */
  sleepers: "sleepers",
  /** HASH sleeping worker → free slots:lease (ms). */
  slots: "slots",
  /** HASH worker of release 0.1.0 → how many tasks its like have put in its inbox; here only to be cleared away. */
  assigned: "assigned",
  /** LIST that every worker listens to beside its own inbox. */
  bell: "bell",
  /** HASH of counters. */
  counts: "counts",
  /** HASH hash, tab, field → what lay there and can't be read; see mend.lua. For 30 days, as keys of another type at "strange:". */
  strange: "strange",
} as const;

/** Keys of which there is one per serial key, task name, worker or gate. */
export const PREFIXES = {
  /** LIST of the ids behind a lane's head. */
  lane: "lane:",
  /** ZSET of the ids behind a gate → since when they are held (ms). */
  held: "held:",
  /** LIST of the last starts (ms) through the gate of a rate; gone when they don't count any more. */
  starts: "starts:",
  /** ZSET of the ids that have a place at the gate of a limit → since when (ms; less 1e15 while they were only let through). */
  places: "places:",
  /** LIST of when (ms), tab, id of the last that came in by a door; gone when they don't count any more. */
  admitted: "admitted:",
  /** HASH kind, tab, task name → how many deliveries ended so in that minute; gone after 16 minutes. */
  minute: "minute:",
  /** LIST of ids that no worker knew, by task name. */
  aside: "aside:",
  /** SET of the workers that know a task, by its name. */
  skills: "skills:",
  /** LIST of a worker's messages. */
  inbox: "inbox:",
} as const;

/** What Redis calls the type of each. */
export const TYPES: Readonly<Record<keyof typeof KEYS | keyof typeof PREFIXES, string>> = {
  meta: "hash",
  bodies: "hash",
  runs: "hash",
  ready: "list",
  schedule: "zset",
  leases: "zset",
  keys: "hash",
  followers: "hash",
  lanes: "hash",
  groups: "hash",
  limits: "hash",
  batches: "hash",
  priorities: "hash",
  ready_high: "list",
  ready_low: "list",
  places: "zset",
  admitted: "list",
  paused: "hash",
  gates: "zset",
  strikes: "hash",
  living: "hash",
  asides: "set",
  results: "hash",
  result_times: "zset",
  history: "hash",
  history_times: "zset",
  dead: "zset",
  letters: "hash",
  dead_keys: "hash",
  workers: "zset",
  seen: "hash",
  infos: "hash",
  sleepers: "zset",
  slots: "hash",
  assigned: "hash",
  bell: "list",
  counts: "hash",
  strange: "hash",
  lane: "list",
  held: "zset",
  starts: "list",
  minute: "hash",
  aside: "list",
  skills: "set",
  inbox: "list",
};

/** The layout of the keys above; a store with another one is refused. */
export const LAYOUT = "1";

/** The channel on which those who wait for a task's end are told of it. */
export function endOf(prefix: string, id: string): string {
  return `${prefix}ended:${id}`;
}

/** What all keys of a docket begin with. */
export function prefixOf(name: string): string {
  return `docket:{${name}}:`;
}

export function inboxOf(prefix: string, worker: string): string {
  return `${prefix}${PREFIXES.inbox}${worker}`;
}

export function bellOf(prefix: string): string {
  return `${prefix}${KEYS.bell}`;
}
