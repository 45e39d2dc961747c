/** Something that is wrong, as data: for people's eyes, for health, and for whoever tells them. */
export interface Concern {
  /** Stays the same for as long as it is the same trouble. */
  readonly id: string;
  /** `error`: somebody has to do something now; `warning`: somebody should look. */
  readonly severity: "error" | "warning";
  /** What is wrong, with what, and what to do. */
  readonly words: string;
  /** ISO 8601; null: not known. */
  readonly since: string | null;
  /** How much of it there is, where it can grow. */
  readonly size?: number;
}

/** What concerns are made of. What isn't known is left out. */
export interface Facts {
  readonly mode: string;
  readonly evictionPolicy?: string | undefined;
  readonly workers?: number | undefined;
  readonly lastWorkerAt?: string | undefined;
  readonly unknownTasks?: readonly string[] | undefined;
  readonly dead?: { readonly count: number; readonly newest: string } | undefined;
  readonly scans?: { readonly count: number; readonly reason: string; readonly since: string } | undefined;
  /** Hosts of PDSs that can't be reached. */
  readonly away?: readonly { readonly name: string; readonly reason: string; readonly since: string }[];
  /** Writes that nothing known has held for longer than ten minutes. */
  readonly late?: { readonly count: number; readonly since: string } | undefined;
  /** Tasks whose oldest has been waiting in docket for longer than ten minutes. */
  readonly waiting?: readonly { readonly task: string; readonly since: string }[];
  /** Commands sent to Redis. `projected` null: it is too early in the day to tell. */
  readonly budget?:
    { readonly sent: number; readonly projected: number | null; readonly limit: number } | undefined;
}

const AWAY = "docket unreachable, running in process";
const SAFE_POLICY = "noeviction";
/** Of a day's commands: from this share on their budget is at risk. */
const MUCH = 0.8;

/** What is wrong, the worst first. */
export function concernsOf(facts: Facts): Concern[] {
  const { mode, evictionPolicy, workers, lastWorkerAt, unknownTasks = [], dead, scans, late } = facts;
  const found: (Concern | null)[] = [
    workers === 0 && mode === "docket" ? error("no worker", NO_WORKER, lastWorkerAt) : null,
    ...unknownTasks.map((task) =>
      error(
        `unknown task ${task}`,
        `No live worker knows the task ${task}: what is accepted of it waits. ${DEPLOY}`,
      ),
    ),
    mode === AWAY ? error("docket away", AWAY) : null,
    evicting(evictionPolicy),
    dead === undefined || dead.count === 0
      ? null
      : {
          ...warning("dead letters", `${String(dead.count)} given up: see npm run plyr -- dead`, dead.newest),
          size: dead.count,
        },
    scans === undefined
      ? null
      : warning("scans", `${String(scans.count)} copyright scans are put off: ${scans.reason}`, scans.since),
    ...(facts.away ?? []).map(({ name, reason, since }) =>
      warning(`pds away ${name}`, `The PDS ${name} is away: ${reason}`, since),
    ),
    ...(facts.waiting ?? []).map(({ task, since }) =>
      warning(`waiting ${task}`, `${task} has been waiting for a worker for more than ten minutes`, since),
    ),
    late === undefined
      ? null
      : {
          ...warning(
            "late",
            `${String(late.count)} writes have waited for more than ten minutes, and nothing known holds them`,
            late.since,
          ),
          size: late.count,
        },
    overBudget(facts.budget),
  ];
  return found.filter((concern) => concern !== null);
}

const NO_WORKER =
  "No worker is alive: what is accepted waits in docket. Start a process with --role worker (or all)";
const DEPLOY = "Start a version that does";

function evicting(policy: string | undefined): Concern | null {
  const words = warnOfEviction(policy);
  return words === null ? null : error("evicting redis", words);
}

function overBudget(budget: Facts["budget"]): Concern | null {
  if (budget === undefined) return null;
  const { sent, projected, limit } = budget;
  if (sent < limit * MUCH && (projected ?? 0) <= limit) return null;
  const day = projected === null ? "" : `, which makes about ${String(projected)} by the end of the day`;
  return warning(
    "budget",
    `${String(sent)} commands have been sent to Redis today${day}; the budget is ${String(limit)}: see npm run plyr -- cost`,
    null,
  );
}

/** The warning for a Redis that may throw tasks away; null when it is set up as it should be. */
export function warnOfEviction(policy: string | undefined): string | null {
  if (policy === undefined || policy === SAFE_POLICY) return null;
  return (
    `Redis may evict queued tasks: its maxmemory-policy is ${policy}. Set it to ${SAFE_POLICY}; ` +
    `if work waits for no reason since, empty it: nothing that was accepted is lost (docs/redis.md)`
  );
}

function error(id: string, words: string, since: string | null = null): Concern {
  return { id, severity: "error", words, since };
}

function warning(id: string, words: string, since: string | null): Concern {
  return { id, severity: "warning", words, since };
}
