import { InvalidPayload, StoreUnavailable } from "../errors.js";
import type { EndedTask } from "../store/history.js";
import type { CommandCounts, Overview, PresentWorker, StoreHealth } from "../store/sight.js";
import type { CancelResult, ReplayResult, Store } from "../store/store.js";
import type { Task } from "../task/task.js";
import type { Duration } from "../time/duration.js";
import {
  grouped,
  isMeant,
  readLetter,
  type DeadGroup,
  type DeadLetter,
  type LettersAsked,
  type LettersMeant,
  type ManyReplayed,
} from "./dead-letter.js";
import { replacementOf } from "./new-task.js";
import { recent, type RecentAsked } from "./recent.js";
import { groupNames, pauseEnd, type PausedGroup } from "./pause.js";
import { plainly, withUnserved, type Sight } from "./unserved.js";
import { readWhere, strikeName, strikeReason, type StruckTask, type Where } from "./strike.js";

/** Dead letters that are read at a time. */
const PAGE = 500;

/** What operators ask of a docket, and what they tell it. */
export class Oversight<Services> {
  readonly #store: Store;
  readonly #tasks: ReadonlyMap<string, Task<unknown, Services>>;

  protected constructor(store: Store, tasks: ReadonlyMap<string, Task<unknown, Services>>) {
    this.#store = store;
    this.#tasks = tasks;
  }

  /**
   * Keeps the tasks of a group, or of many groups in one round trip per 250, from starting until a time; of a group that is
   * paused already, the last call counts. What runs goes on. What is held uses up no attempts and keeps its order; nobody
   * asks for it before the time.
   *
   * @throws {RangeError} on a time, a name or a reason out of range
   */
  async pause(groups: string | readonly string[], until: Date | Duration, reason: string): Promise<void> {
    await this.#store.pause(groupNames(groups), pauseEnd(until, reason), reason);
  }

  /** Ends the pauses of groups before their time; returns how many were paused. */
  async resume(groups: string | readonly string[]): Promise<number> {
    return this.#store.resume(groupNames(groups));
  }

  /** The groups that are paused, with until when and why. */
  async paused(): Promise<PausedGroup[]> {
    return (await this.#store.paused()).map((pause) => ({ ...pause, until: new Date(pause.until) }));
  }

  /**
   * Keeps a task from starting, or those of it whose payloads have these fields, on all workers at once and until it is
   * restored; also what is added later. What runs goes on. What is struck waits, visible, from when its turn comes: it uses
   * up no attempts, its serial key waits with it, and nobody asks for it. Striking again changes the reason.
   *
   * @param task its name, where this process doesn't know it
   * @param where fields of the payload and what they must equal: texts, numbers, booleans or null
   * @throws {RangeError} on a name, fields or a reason out of range, and when 1,000 strikes stand
   */
  async strike(
    task: string | Pick<Task<never, Services>, "name">,
    where?: Where,
    reason = "",
  ): Promise<void> {
    if (!(await this.#store.strike(strikeName(task, where), strikeReason(reason))))
      throw new RangeError("1000 strikes stand already: restore some, or strike the whole task");
  }

  /** Ends a strike, given as it was made; false when there was none. What it held goes on at the end of the line, in order. */
  async restore(task: string | Pick<Task<never, Services>, "name">, where?: Where): Promise<boolean> {
    return this.#store.restore(strikeName(task, where));
  }

  async strikes(): Promise<StruckTask[]> {
    return (await this.#store.strikes()).map((strike) => ({
      ...strike,
      where: readWhere(strike.where),
      since: new Date(strike.since),
    }));
  }

  /** A task that waits is gone; one that runs has its signal aborted and isn't tried again. */
  cancel(id: string): Promise<CancelResult> {
    return this.#store.cancel(id);
  }

  /**
   * The newest dead letters; at most `limit` (default 100) of those asked for. They are kept for 30 days, and the newest
   * 10,000 of them: what is older goes as others die.
   *
   * @throws {RangeError} on a limit that is less than nothing
   */
  async deadLetters(asked: number | LettersAsked = {}): Promise<DeadLetter[]> {
    const { limit = 100, ...meant } = typeof asked === "number" ? { limit: asked } : asked;
    if (!(limit >= 0)) throw new RangeError(`the limit of dead letters is ${String(limit)}: give 0 or more`);
    const found: DeadLetter[] = [];
    for await (const letter of this.#letters()) {
      if (found.length >= limit) break;
      if (isMeant(letter, meant)) found.push(letter);
    }
    return found;
  }

  /** All dead letters by task and error, the largest group first. What differs in numbers and ids only is one error. */
  async deadGroups(): Promise<DeadGroup[]> {
    const letters: DeadLetter[] = [];
    for await (const letter of this.#letters()) letters.push(letter);
    return grouped(letters);
  }

  /**
   * Lets a dead letter live again, from its first attempt, behind what has come meanwhile. The answer is `overtaken` where
   * others of its serial key are there now, or waited when it died: what it does may be out of date. What was added after
   * its death and has ended already isn't known, unless others waited before it.
   *
   * @param edited a payload to have instead; checked by the task's schema
   * @throws {InvalidPayload} when that doesn't fit
   * @throws {RangeError} when the payload of a task that this docket doesn't know is to be edited
   */
  async replay(id: string, edited?: { readonly payload: unknown }): Promise<ReplayResult> {
    if (edited === undefined) return this.#store.replay(id);
    const letter = (await this.deadLetters(Infinity)).find((one) => one.id === id);
    return letter === undefined ? "unknown" : this.#replayEdited(letter, edited.payload);
  }

  /**
   * Lets many dead letters live again, the one that died first in front; each is replayed whole or stays as it is.
   *
   * @param meant say `{}` for all
   * @param edit makes the payload that one is to have instead; one that doesn't fit its task stays, and is told of
   * @throws {StoreUnavailable} some may have been replayed; what is left is found by asking again
   */
  async replayMany(meant: LettersMeant, edit?: (letter: DeadLetter) => unknown): Promise<ManyReplayed> {
    const told = { replayed: 0, keyInUse: 0, unfit: new Array<ManyReplayed["unfit"][number]>() };
    const letters = await this.deadLetters({ ...meant, limit: Infinity });
    for (const letter of letters.reverse()) {
      try {
        const replayed =
          edit === undefined ? this.#store.replay(letter.id) : this.#replayEdited(letter, edit(letter));
        const result = await replayed;
        if (result === "replayed" || result === "overtaken") told.replayed += 1;
        else if (result === "key in use") told.keyInUse += 1;
      } catch (error) {
        if (!(error instanceof InvalidPayload) && !(error instanceof RangeError)) throw error;
        told.unfit.push({ id: letter.id, reason: error.message });
      }
    }
    return told;
  }

  /** Throws many dead letters away; returns how many. @param meant say `{}` for all */
  async discardMany(meant: LettersMeant): Promise<number> {
    let discarded = 0;
    for (const { id } of await this.deadLetters({ ...meant, limit: Infinity }))
      if (await this.#store.discard(id)) discarded += 1;
    return discarded;
  }

  /** Throws a dead letter away; false when there is none of this id. */
  discard(id: string): Promise<boolean> {
    return this.#store.discard(id);
  }

  /**
   * What has ended lately, newest first, where workers' dockets keep a `history`: each task by its last end, whose payload isn't
   * told. Found by id, or else read a thousand at a time. Whoever keeps none is told of what lies there, a little beyond its time too.
   *
   * @throws {RangeError} on a number, a time or an ending that can't be
   */
  async recent(asked: RecentAsked = {}): Promise<EndedTask[]> {
    return recent(this.#store, asked);
  }

  /** What is there. `workers` is empty when none is alive, `unserved` names what no live worker knows. */
  async snapshot(): Promise<Sight> {
    return withUnserved(await this.#store.snapshot());
  }

  /**
   * What there is of each task, and how its runs ended lately, at a cost that doesn't grow with the backlog.
   *
   * @param minutes how far back ends are counted, beside the minute that isn't over; 1–15, default 5
   */
  async tasks(minutes = 5): Promise<Overview> {
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > 15)
      throw new RangeError(`${String(minutes)} minutes: give a whole number from 1 to 15`);
    return this.#store.overview(minutes + 1);
  }

  /** The workers that are alive, as far as the store can know. */
  async workers(): Promise<readonly PresentWorker[]> {
    return plainly((await this.#store.snapshot()).workers);
  }

  /** Whether the store answers, and how it is set up. Never rejects because it is away. */
  async health(): Promise<StoreHealth> {
    try {
      return await this.#store.health();
    } catch (error) {
      if (error instanceof StoreUnavailable)
        return { reachable: false, evictionPolicy: undefined, version: undefined };
      throw error;
    }
  }

  /** The commands that this docket and its workers have sent to Redis since it was opened; none without one. */
  commandsSent(): CommandCounts {
    return this.#store.sent();
  }

  async #replayEdited(letter: DeadLetter, payload: unknown): Promise<ReplayResult> {
    const task = this.#tasks.get(letter.task ?? "");
    if (task === undefined)
      throw new RangeError(
        `task ${letter.task ?? "without a name"} isn't among the docket's tasks: its payload can't be checked`,
      );
    return this.#store.replay(letter.id, await replacementOf(task, payload));
  }

  /** Newest first; one that dies meanwhile may shift the others, and none is told of twice. */
  async *#letters(): AsyncGenerator<DeadLetter> {
    const told = new Set<string>();
    for (let from = 0; ; from += PAGE) {
      const page = await this.#store.letters(PAGE, from);
      for (const letter of page) {
        if (told.has(letter.id)) continue;
        told.add(letter.id);
        yield readLetter(letter);
      }
      if (page.length < PAGE) return;
    }
  }
}
