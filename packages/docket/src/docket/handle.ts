import { Cancelled, ResultGone, StoreUnavailable, TaskFailed } from "../errors.js";
import type { Added, CancelResult, End, Refusal, Standing, Store } from "../store/store.js";
import { readInfo } from "../worker/outcome.js";

/** An added task, or the living one of its key. */
export interface Handle {
  readonly id: string;
  /**
   * False when a task of the same key lives already: `id` is its. False too when it was refused: `id` is that of the last
   * one that was added and counts, whether that lives or not.
   */
  readonly added: boolean;
  /** Why it was refused: over the rate of its group, or within a cooldown; undefined when it wasn't. */
  readonly refused?: Refusal | undefined;
  /**
   * Waits for the task's end, wherever it runs, and resolves with what its run returned; also when it has ended already,
   * for as long as results are kept (ten minutes, unless `results` of `Docket.open` says otherwise). Waits on while the store is away.
   *
   * @throws {RangeError} when the task isn't defined with `result: true`
   * @throws {TaskFailed} when it was given up
   * @throws {Cancelled} when it was cancelled or replaced
   * @throws {ResultGone} when nothing is known of it
   * @throws {StoreUnavailable} when the docket is closed
   */
  result(): Promise<unknown>;
  /**
   * Where the task stands now, by its lifecycle, or how it ended: `dead` while its dead letter lies there, `cancelled`, and `done`
   * where it keeps its result, as long as results are kept, or else as long as this docket's `history` has it; else `unknown`. In one call, and not told of changes: who waits for the end asks for `result`.
   */
  state(): Promise<Standing>;
  /** What its run has told of how far it is, with `ctx.progress.set`; undefined when it doesn't run, or told nothing. */
  progress(): Promise<unknown>;
  /** As `docket.cancel(handle.id)`. */
  cancel(): Promise<CancelResult>;
}

/** What all handles of a docket wait with. */
export interface Waiting {
  readonly store: Store;
  /** Aborted when the docket closes. */
  readonly closed: AbortSignal;
}

export class TaskHandle implements Handle {
  readonly id: string;
  readonly added: boolean;
  readonly refused?: Refusal;
  readonly #task: string;
  readonly #keepsResult: boolean;
  readonly #waiting: Waiting;

  constructor({ id, added, refused }: Added, task: string, keepsResult: boolean, waiting: Waiting) {
    this.id = id;
    this.added = added;
    if (refused !== undefined) this.refused = refused;
    this.#task = task;
    this.#keepsResult = keepsResult;
    this.#waiting = waiting;
  }

  state(): Promise<Standing> {
    return this.#waiting.store.state(this.id);
  }

  async progress(): Promise<unknown> {
    return readProgress(await this.#waiting.store.progress(this.id));
  }

  cancel(): Promise<CancelResult> {
    return this.#waiting.store.cancel(this.id);
  }

  async result(): Promise<unknown> {
    if (!this.#keepsResult)
      throw new RangeError(`task ${this.#task} keeps no results: define it with "result: true"`);
    const { store, closed } = this.#waiting;
    const end = await endOf(store, this.id, closed);
    switch (end.kind) {
      case "done":
        return end.result.json === undefined ? undefined : JSON.parse(end.result.json);
      case "dead":
        throw new TaskFailed(this.id, readInfo(end.info)?.error.message ?? end.info);
      case "cancelled":
        throw new Cancelled(`the task ${this.id} was cancelled or replaced`);
      case "unknown":
        throw new ResultGone(
          `nothing is known of the task ${this.id}: ask while results are kept, ten minutes unless told otherwise`,
        );
    }
  }
}

/** @param progress JSON */
export function readProgress(progress: string | undefined): unknown {
  return progress === undefined ? undefined : JSON.parse(progress);
}

type Ended = Exclude<End, { kind: "living" }>;

/** Asks each time that the store says there may be something to ask for, and only then. */
function endOf(store: Store, id: string, closed: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    const over = (act: () => void): void => {
      for (const stop of stops.splice(0)) stop();
      act();
    };
    const close = (): void => {
      over(() => {
        reject(new StoreUnavailable("the docket is closed"));
      });
    };
    const ask = (): void => {
      store.end(id).then(
        (end) => {
          if (end.kind !== "living")
            over(() => {
              resolve(end);
            });
        },
        (error: unknown) => {
          // Away: whichever connection comes back first has it asked again.
          if (!(error instanceof StoreUnavailable))
            over(() => {
              reject(error instanceof Error ? error : new Error(String(error)));
            });
        },
      );
    };
    if (closed.aborted) {
      close();
      return;
    }
    closed.addEventListener("abort", close, { once: true });
    stops.push(() => {
      closed.removeEventListener("abort", close);
    });
    stops.push(store.onReconnect(ask));
    stops.push(store.watch(id, ask));
  });
}
