import type { LivingState } from "../task/lifecycle.js";
import type { Batching, GatherRequest } from "./batching.js";
import type { EndsAsked, EndsFound } from "./history.js";
import type { Outpost } from "./outpost.js";
import type {
  CommandCounts,
  Overview,
  Pause,
  Snapshot,
  StoreHealth,
  Strike,
  StrikeName,
  WorkerInfo,
} from "./sight.js";

/** When a task is due: now, after a number of milliseconds, or at a time (milliseconds since the epoch). */
export type Due =
  | { readonly kind: "now" }
  | { readonly kind: "in"; readonly ms: number }
  | { readonly kind: "at"; readonly at: number }
  /** Only where a task is replaced: so long after this call, at most so long after the first call of its burst. */
  | { readonly kind: "quiet"; readonly ms: number; readonly longestMs: number };

/** What ties a task to others: at the store's door, at its end, and among the dead letters. Empty means none. */
export interface Ties {
  readonly serial: string;
  readonly key: string;
  readonly name: string;
  /** Of the payload; undefined: 1. Scripts see it in the name. */
  readonly version?: number | undefined;
}

/** What a task is paused with, and the starts that it may have in a time together with others of its name. */
export interface Group {
  readonly name: string;
  readonly rate: { readonly limit: number; readonly perMs: number } | undefined;
}

/** How many runs of a task there may be at once, over all workers. */
export interface Limit {
  readonly most: number;
  /** The task's name: keys of two tasks have nothing to do with each other. */
  readonly task: string;
  /** Each by itself. */
  readonly key: string;
}

/** Before or after all of normal priority; within a serial key, order wins. */
export type Priority = "high" | "normal" | "low";

/** Why a task wasn't added: too many of its group, or one of its key, had been added lately. */
export type Refusal = "rate" | "cooldown";

/** At most `limit` adds in `perMs`, of tasks of one name; the others are refused. */
export interface Door {
  readonly kind: Refusal;
  readonly limit: number;
  readonly perMs: number;
  readonly task: string;
  /** Each by itself. */
  readonly of: string;
}

/** What decides when a task may start, besides its time and its turn; and whether it may come in. */
export interface Terms {
  readonly group?: Group | undefined;
  readonly limit?: Limit | undefined;
  /** Undefined: normal. */
  readonly priority?: Exclude<Priority, "normal"> | undefined;
  readonly batch?: Batching | undefined;
  /** Asked only where a task is added. */
  readonly doors?: readonly Door[] | undefined;
}

export interface NewTask extends Ties, Terms {
  readonly id: string;
  readonly due: Due;
  /** JSON. */
  readonly payload: string;
  /** What its trace takes along; see `Trace.carried`. */
  readonly carried?: string | undefined;
}

/** `added` false: a task of that key lives, and `id` is its; or it was refused, and `id` is that of the last that came in. */
export interface Added {
  readonly id: string;
  readonly added: boolean;
  readonly refused?: Refusal;
}

/** A task as it lies in the store. `undefined` for what can't be read. */
export interface Stored extends Ties {
  readonly addedAt: number;
  readonly payload: string;
  readonly carried?: string;
}

/** A task that a worker has been given, under a lease. */
export interface Claim {
  readonly id: string;
  readonly stored: Stored | undefined;
  /** Failures so far, plus one. */
  readonly attempt: number;
  /** With the worker's id, what the lease is held by: a settlement of another delivery is refused. */
  readonly delivery: number;
  /** Deliveries in a row that ended with a lost worker. */
  readonly lost: number;
  /** The store's time of the claim. */
  readonly claimedAt: number;
}

/** What a run returned: JSON, undefined for undefined. */
export interface Result {
  readonly json: string | undefined;
}

/** How a task ended, as far as the store (still) knows. */
export type End =
  | { readonly kind: "living" }
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "dead"; /** The letter's. */ readonly info: string }
  | { readonly kind: "cancelled" }
  | { readonly kind: "unknown" };

/** Where a task stands, or how it ended, as far as the store (still) knows. */
export type Standing = LivingState | Exclude<End["kind"], "living">;

/** How a delivery ended. */
export type Outcome =
  /** Finished, cancelled, or nothing to do: the task goes. */
  | { readonly kind: "done"; /** What it returned, where that is kept. */ readonly result?: Result }
  /** Failed: runs again after the pause, and an attempt is used up. */
  | {
      readonly kind: "retry";
      readonly ms: number;
      /** JSON, kept with the task; the last nine are. */ readonly info?: string;
    }
  /** Put off: runs again at the time, no attempt used up. */
  | { readonly kind: "park"; readonly at: number }
  /** Given up. `info` is JSON, kept with the task; the history takes the error's `message`. */
  | { readonly kind: "dead"; readonly info: string; readonly message?: string }
  /** Handed back unfinished: next in turn, and nothing counted. */
  | { readonly kind: "return" }
  /** This worker doesn't know the task: laid aside until one comes that does. */
  | { readonly kind: "aside" };

export interface Settlement {
  readonly id: string;
  readonly delivery: number;
  readonly ties: Ties;
  /** For the history; undefined where it couldn't be read. */
  readonly addedAt?: number | undefined;
  readonly outcome: Outcome;
}

export interface SettleRequest {
  readonly worker: string;
  /** Numbers the worker's calls, from 1; one that is made once more has the next number. */
  readonly call: number;
  /** The last of its calls that was answered, 0: none. What later ones claimed, if they did, goes back uncounted. */
  readonly answered: number;
  readonly settlements: readonly Settlement[];
  /** Tasks that the worker could run beside those it has; 0 asks for none. */
  readonly want: number;
  /** Tasks to claim beyond `want`, where no other worker has room for them. */
  readonly ahead: number;
  /** How long the worker may sleep if nothing happens, in ms; 0: it doesn't take tasks through its inbox (stopping). */
  readonly sleepMs: number;
  readonly leaseMs: number;
}

export interface Settled {
  /** The store's time. */
  readonly now: number;
  /** Ids whose settlement was refused: their lease was lost. */
  readonly refused: readonly string[];
  readonly claims: readonly Claim[];
  /** Milliseconds after which the worker must come again, whatever happens. */
  readonly nextMs: number;
  /** False when the store has forgotten the worker (it was emptied): say hello again. */
  readonly known: boolean;
}

/** What the store tells a worker between its own calls. */
export type Message =
  | { readonly kind: "task"; readonly claim: Claim; /** More is waiting. */ readonly more: boolean }
  /** Come (settle) after so many milliseconds. */
  | { readonly kind: "look"; readonly ms: number }
  | { readonly kind: "cancel"; readonly id: string };

export interface Held {
  readonly id: string;
  readonly delivery: number;
}

/** What a dead letter is to have when it lives again; its priority stays what it was. */
export interface Replacement extends Pick<Terms, "group" | "limit" | "batch"> {
  readonly serial: string;
  readonly version?: number | undefined;
  /** JSON. */
  readonly payload: string;
}

export type FoundState = "waiting" | "delayed" | "running" | "dead" | "unknown";

export interface Found {
  readonly state: FoundState;
  /** Unless unknown. */
  readonly id: string | undefined;
  /** The letter's info (JSON), when dead. */
  readonly info: string | undefined;
}

export interface Letter {
  readonly id: string;
  readonly diedAt: number;
  /** JSON, as the worker gave it. */
  readonly info: string;
  readonly stored: Stored | undefined;
  /** What was kept of its earlier failures (JSON), oldest first. */
  readonly failures: readonly string[];
}

export type CancelResult = "cancelled" | "running" | "unknown";
/** `overtaken`: replayed, behind others of its serial key that are there now, or after those that waited when it died. */
export type ReplayResult = "replayed" | "overtaken" | "unknown" | "key in use";

/**
 * Where tasks live. Each method is one transition, whole or not at all, and may be repeated after a lost answer.
 * Two stores stand behind it, held to one behaviour by one conformance suite.
 *
 * Every method rejects with `StoreUnavailable` when the store can't be reached in time.
 */
export interface Store {
  add(tasks: readonly NewTask[]): Promise<Added[]>;
  /**
   * Gives the living task of the key this one's payload and time, as if it were new, under its own id; one that runs is
   * followed by this one instead, which has the key from now on, and isn't run again itself. Adds where none lives.
   */
  replace(task: NewTask): Promise<Added>;
  /** Reports what became of deliveries, takes back what other workers lost, wakes what is due, claims, and says when to come again. */
  settle(request: SettleRequest): Promise<Settled>;
  /** Claims those that wait to run with a task that the worker has; none, once its lease was lost. */
  gather(request: GatherRequest): Promise<readonly Claim[]>;
  /** Prolongs the leases of what a worker runs; returns the ids that it has lost. */
  renew(worker: string, held: readonly Held[], leaseMs: number): Promise<string[]>;
  /** Keeps what a run tells of how far it is (JSON), until it ends; without effect when its lease was lost. */
  report(worker: string, held: Held, progress: string): Promise<void>;
  /** What the run of a task has told last (JSON); undefined when it doesn't run, or has told nothing. */
  progress(id: string): Promise<string | undefined>;
  /** Waits for the next message to a worker; undefined after `ms`, or when `signal` aborts. */
  listen(worker: string, ms: number, signal: AbortSignal): Promise<Message | undefined>;
  /** Makes a worker known, before its first settle. @throws IncompatibleStore */
  hello(info: WorkerInfo): Promise<void>;
  /** Forgets a worker; what lies in its inbox goes back. */
  bye(worker: string): Promise<void>;
  /** How a task ended. Results and cancellations are known for as long, and as many, as its retention says. */
  end(id: string): Promise<End>;
  /** Where it stands, by its lifecycle, or how it ended. */
  state(id: string): Promise<Standing>;
  /** Calls back when the task may have ended, and each time that this may have been missed, first soon; returns how to stop that. */
  watch(id: string, callback: () => void): () => void;
  cancel(id: string): Promise<CancelResult>;
  /** Makes the delayed or put-off tasks of these keys due now; returns how many there were. */
  wake(keys: readonly string[]): Promise<number>;
  /** Keeps the tasks of these groups from starting until then; of what is paused already, the last call counts. */
  pause(groups: readonly string[], due: Due & { kind: "in" | "at" }, reason: string): Promise<void>;
  /** Ends pauses before their time; returns how many there were. */
  resume(groups: readonly string[]): Promise<number>;
  paused(): Promise<Pause[]>;
  find(keys: readonly string[]): Promise<Found[]>;
  /** Keeps what matches from starting until it is restored; false when too many strikes stand. */
  strike(strike: StrikeName, reason: string): Promise<boolean>;
  /** False when it didn't stand. */
  restore(strike: StrikeName): Promise<boolean>;
  strikes(): Promise<Strike[]>;
  /** Newest first, after as many as `from` says. Kept for as long, and as many, as its retention says. */
  letters(limit: number, from: number): Promise<Letter[]>;
  /** @param replacement instead of what it had */
  replay(id: string, replacement?: Replacement): Promise<ReplayResult>;
  discard(id: string): Promise<boolean>;
  /** What has ended, as far as a history is kept, and for as long as its keeper said. */
  recent(asked: EndsAsked): Promise<EndsFound>;
  snapshot(): Promise<Snapshot>;
  /** By task, at a cost that doesn't grow with the backlog. @param minutes how far back ends are counted; 1–15 */
  overview(minutes: number): Promise<Overview>;
  health(): Promise<StoreHealth>;
  /** What has been sent to a server so far. */
  sent(): CommandCounts;
  /** How another thread reaches it; undefined where none can, or time isn't the server's. */
  outpost(): Outpost | undefined;
  /** Calls back when a lost connection stands again; returns how to stop that. */
  onReconnect(callback: () => void): () => void;
  close(): Promise<void>;
}
