export interface WorkerInfo {
  readonly worker: string;
  /** Task names that it can run; in a store, each version of theirs beside (see `versionedName`). */
  readonly tasks: readonly string[];
  readonly concurrency: number;
  readonly host: string;
  readonly pid: number;
  /** Of the program that runs it, by its own account. */
  readonly version?: string;
  /** Milliseconds since the epoch, by its own clock. */
  readonly startedAt?: number | undefined;
}

/** What is struck: a task, or its payloads that have these fields. */
export interface StrikeName {
  readonly task: string;
  /** An object of scalars as JSON, its fields in order; empty: whatever the payload. */
  readonly where: string;
}

export interface Pause {
  readonly group: string;
  /** Milliseconds since the epoch, by the store's clock. */
  readonly until: number;
  readonly reason: string;
}

export interface Strike extends StrikeName {
  /** Milliseconds since the epoch, by the store's clock. */
  readonly since: number;
  readonly reason: string;
  /** How many tasks it holds whose turn has come. */
  readonly held: number;
}

/** What there is of one task. */
export interface TaskOverview {
  readonly task: string;
  readonly waiting: number;
  readonly delayed: number;
  readonly running: number;
  /** By a pause, a rate, a limit of runs at once, or a strike. */
  readonly held: number;
  readonly blocked: number;
  readonly aside: number;
  /** When the one that has waited longest was added; undefined when none waits, or only behind many others. */
  readonly oldestWaitingAt: number | undefined;
  /** When the one that has run longest was claimed. */
  readonly oldestRunningAt: number | undefined;
  /** Deliveries that ended in the last minutes. `failed` were to be tried again. */
  readonly ended: {
    readonly done: number;
    readonly failed: number;
    readonly putOff: number;
    readonly dead: number;
  };
}

export interface Overview {
  /** More than 500 tasks were in one place: the counts of the places are then reckoned from the first 500. */
  readonly estimated: boolean;
  readonly tasks: readonly TaskOverview[];
}

export interface Snapshot {
  readonly now: number;
  /** Ready to be claimed. */
  readonly waiting: number;
  /** Behind another task of their serial key. */
  readonly blocked: number;
  /** Until a time: delayed, between attempts, or put off. */
  readonly delayed: number;
  /** Held until their group's pause ends, its rate or their limit lets them start, or their strike is restored. */
  readonly held: number;
  readonly running: number;
  readonly dead: number;
  /** Laid aside by name, with the version where it isn't the first: no worker that has seen them knows the task, or that version. */
  readonly aside: Readonly<Record<string, number>>;
  /** Living tasks by name. */
  readonly tasks: Readonly<Record<string, number>>;
  /** When the task that has waited longest was added; undefined when none waits. */
  readonly oldestWaitingAt: number | undefined;
  /** When something next falls due, a lease ends, or what is held may start. */
  readonly nextAt: number | undefined;
  readonly workers: readonly PresentWorker[];
  /** When the one that is to be there longest was last heard of; undefined when none is known (any more, after an hour). */
  readonly lastWorkerAt: number | undefined;
  /** Since the store began: `recovered`, `dead`, `aside`, `undecodable`, `refused`, and `strange`: keys and values set aside that weren't docket's. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface PresentWorker extends WorkerInfo {
  /** When it last gave a sign of life (ms). */
  readonly seenAt: number;
  /** Until when it counts as alive without another one (ms). */
  readonly aliveUntil: number;
}

export interface StoreHealth {
  readonly reachable: boolean;
  /** Redis's `maxmemory-policy`, where it can be asked. */
  readonly evictionPolicy: string | undefined;
  readonly version: string | undefined;
}

/** How many commands a docket has sent to Redis since it was opened, over all of its connections, by what they were for. */
export interface CommandCounts {
  /** Adds, replacements, and waking what is put off. */
  readonly adding: number;
  /** Asking for tasks, with nothing to report. */
  readonly claiming: number;
  /** Reporting outcomes; the same command claims what is next. */
  readonly finishing: number;
  /** Blocking reads. */
  readonly waiting: number;
  /** Leases of long runs; workers that come and go. */
  readonly heartbeats: number;
  /** Connections that begin, looks into the store, what operators do. */
  readonly other: number;
}

export const NONE: CommandCounts = {
  adding: 0,
  claiming: 0,
  finishing: 0,
  waiting: 0,
  heartbeats: 0,
  other: 0,
};
