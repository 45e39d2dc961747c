import { NoAnswer, ServiceFailure, SignedOut } from "../api/failures.js";
import { pollDelay, type PollReason } from "../likes/poll-schedule.js";
import type { Wait } from "../likes/wait.js";

export interface FollowingParts<Answer> {
  ask: (signal: AbortSignal) => Promise<Answer>;
  /** Why the answer will change by itself; null: it won't. */
  moving: (answer: Answer) => PollReason | null;
  wait: Wait;
  onAnswer: (answer: Answer) => void;
  /** The last question got no answer; null: it did. */
  onTrouble: (trouble: string | null) => void;
  /** Called when the service says that the browser's session is over. */
  onSignedOut: () => void;
}

/**
 * Asks the service how something stands, and again for as long as it moves.
 *
 * One question at a time. `again` gives up the one that is under way, so that an older answer is never shown after a change.
 */
export class Following<Answer> {
  readonly #parts: FollowingParts<Answer>;
  #last: { moving: PollReason | null } | null = null;
  #asked = 0;
  #turn = new AbortController();

  constructor(parts: FollowingParts<Answer>) {
    this.#parts = parts;
  }

  /** Asks now: something has changed. */
  again(): void {
    this.#turn.abort();
    this.#turn = new AbortController();
    this.#asked = 0;
    void this.#run(this.#turn.signal);
  }

  /** No more questions, and no more answers. */
  stop(): void {
    this.#turn.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.#ask(signal))) {
      const delay = this.#last?.moving ? pollDelay(this.#last.moving, this.#asked) : null;
      if (delay === null) return;
      await this.#parts.wait(delay, signal);
    }
  }

  /** @returns whether there may be more to ask */
  async #ask(signal: AbortSignal): Promise<boolean> {
    this.#asked += 1;
    try {
      const answer = await this.#parts.ask(signal);
      if (signal.aborted) return false;
      const moving = this.#parts.moving(answer);
      if (moving !== this.#last?.moving) this.#asked = 0;
      this.#last = { moving };
      this.#parts.onTrouble(null);
      this.#parts.onAnswer(answer);
      return true;
    } catch (failure) {
      if (signal.aborted) return false;
      if (!(failure instanceof ServiceFailure)) throw failure;
      this.#parts.onTrouble(failure.message);
      if (failure instanceof SignedOut) this.#parts.onSignedOut();
      return failure instanceof NoAnswer && this.#last !== null;
    }
  }
}

/** What moves soonest among several writes; null: nothing. */
export function soonest(writes: readonly ({ state: PollReason } | null)[]): PollReason | null {
  const states = writes.map((write) => write?.state);
  return states.find((state) => state === "writing") ?? states.find((state) => state === "waiting") ?? null;
}
