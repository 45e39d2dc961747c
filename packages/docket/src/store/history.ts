/** How a task can end, and what that means. One that is given up ends as its dead letter begins to lie there. */
export const ENDINGS = {
  done: "its run succeeded, or there was nothing more to do",
  dead: "given up: it lay among the dead letters then",
  cancelled: "cancelled, before it ran or while it did",
  replaced: "it ran, and wasn't to be run again, since another task of its key took its place",
  discarded: "given up, and its dead letter thrown away",
} as const;

export type Ending = keyof typeof ENDINGS;

/** A task that has ended, as it is told of afterwards. Times are milliseconds since the epoch, by the store's clock. */
export interface EndedTask {
  readonly id: string;
  /** Undefined where it couldn't be read. */
  readonly task: string | undefined;
  /** Of its payload. */
  readonly version: number | undefined;
  readonly key: string | undefined;
  readonly ended: Ending;
  /** When it was added (or replaced, while it waited; or replayed); undefined where it couldn't be read. */
  readonly addedAt: number | undefined;
  /** When the run began that it ended in; undefined where it ended without running, or between two runs. */
  readonly startedAt: number | undefined;
  readonly endedAt: number;
  /** Attempts that it has used up, the one that it ended in among them; undefined where that isn't known any more. */
  readonly attempts: number | undefined;
  /** How often a worker was given it. */
  readonly deliveries: number;
  /** The one that it ended at. */
  readonly worker: string | undefined;
  /** What it died of: the error's message, its first 500 characters. */
  readonly error: string | undefined;
}

/** Where to go on: behind the one of this id, which ended then; without an id, behind all that ended then. */
export interface EndPlace {
  readonly endedAt: number;
  readonly id?: string | undefined;
}

/** Which are asked for: those of which all that is said holds. */
export interface EndsMeant {
  readonly id?: string | undefined;
  readonly task?: string | undefined;
  readonly key?: string | undefined;
  readonly ended?: Ending | undefined;
}

export interface EndsAsked extends EndsMeant {
  readonly most: number;
  readonly before?: EndPlace | undefined;
}

/** Newest first. A store looks at a thousand at most in one go: `next` says where to go on, undefined: that was all. */
export interface EndsFound {
  readonly ended: readonly EndedTask[];
  readonly next: EndPlace | undefined;
}
