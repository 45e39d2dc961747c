import type { LikeAnswer, Write } from "../api/answers.js";
import { NoAnswer, ServiceFailure, SignedOut } from "../api/failures.js";
import type { Service } from "../api/service.js";
import { pollDelay, type PollReason } from "./poll-schedule.js";
import type { Wait } from "./wait.js";

/** One person's like of one track, as far as this page knows. */
export interface LikeView {
  /** What the person wants: ahead of the service while `sending`. */
  liked: boolean;
  /** A request is under way that makes the service agree with `liked`. */
  sending: boolean;
  /** What the service last said about the record. */
  write: Write | null;
  /** The record's removal was seen to finish on this page. */
  removed: boolean;
  /** Why the last click had no effect; null: it had, or there was none. */
  trouble: string | null;
  /** The last question got no answer: `write` may be out of date. */
  unheard: boolean;
}

export interface LikeFlowParts {
  trackId: number;
  service: Pick<Service, "like" | "unlike" | "likeOf">;
  wait: Wait;
  /** Called with each new view. */
  onChange: (view: LikeView) => void;
  /** Called when the service says that the browser's session is over. */
  onSignedOut: () => void;
}

/**
 * Makes the service agree with what the person clicked last, then follows the write until it has settled.
 *
 * One loop, level-triggered: while a request is under way further clicks only move the wish, so a burst of
 * clicks costs at most one more request, requests never overtake each other, and an answer to an older
 * question can't undo a newer click.
 */
export class LikeFlow {
  readonly #parts: LikeFlowParts;
  #answer: LikeAnswer;
  #wish: boolean;
  #sending = false;
  #removing: boolean;
  #removed = false;
  #outcomeUnknown = false;
  #trouble: string | null = null;
  #unheard = false;
  /** Questions since the state last changed. */
  #asked = 0;
  #running = false;
  #stopped = false;
  /** Aborted by a click: what was being waited for or asked no longer matters. */
  #interruption = new AbortController();

  /** @param answer what the service said when the page was loaded */
  constructor(answer: LikeAnswer, parts: LikeFlowParts) {
    this.#parts = parts;
    this.#answer = answer;
    this.#wish = answer.liked;
    this.#removing = !answer.liked && !isSettled(answer.write);
  }

  get view(): LikeView {
    return {
      liked: this.#wish,
      sending: this.#sending,
      write: this.#answer.write,
      removed: this.#removed,
      trouble: this.#trouble,
      unheard: this.#unheard,
    };
  }

  /** Follows a write that was under way already. */
  start(): void {
    void this.#run();
  }

  /** The person clicked: this is what they want now. */
  set(liked: boolean): void {
    if (this.#stopped) return;
    this.#wish = liked;
    this.#trouble = null;
    this.#removed = false;
    this.#interrupt();
    void this.#run();
  }

  /** The person has had time to read that the record is gone. */
  dismissRemoval(): void {
    this.#removed = false;
    this.#show();
  }

  /** No more questions and no more views. A request that makes a wish true is not recalled. */
  stop(): void {
    this.#stopped = true;
    this.#interruption.abort();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (!this.#stopped && (await this.#step()));
    } finally {
      this.#running = false;
    }
  }

  /** Does the next thing there is to do; false: there is none. */
  async #step(): Promise<boolean> {
    if (this.#wish !== this.#answer.liked) {
      await this.#send();
      return true;
    }
    const reason = this.#pollReason();
    const delay = reason === null ? null : pollDelay(reason, this.#asked);
    if (delay === null) return false;
    const { signal } = this.#interruption;
    await this.#parts.wait(delay, signal);
    if (!signal.aborted) await this.#ask(signal);
    return true;
  }

  async #send(): Promise<void> {
    const { service, trackId } = this.#parts;
    const wish = this.#wish;
    this.#sending = true;
    this.#removing = !wish;
    this.#show();
    try {
      const answer = await (wish ? service.like(trackId) : service.unlike(trackId));
      this.#sending = false;
      this.#hear(answer, this.#wish === wish);
    } catch (failure) {
      this.#sending = false;
      this.#wish = this.#answer.liked;
      this.#outcomeUnknown = failure instanceof NoAnswer;
      this.#asked = 0;
      this.#fail(failure);
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    this.#asked += 1;
    try {
      const answer = await this.#parts.service.likeOf(this.#parts.trackId, signal);
      if (!signal.aborted) this.#hear(answer, true);
    } catch (failure) {
      if (signal.aborted) return;
      if (!(failure instanceof NoAnswer)) {
        this.#fail(failure);
        this.stop();
        return;
      }
      this.#unheard = true;
      this.#show();
    }
  }

  /** @param upToDate false: the person has clicked since, and what they want stands */
  #hear(answer: LikeAnswer, upToDate: boolean): void {
    if (answer.write?.state !== this.#answer.write?.state || answer.liked !== this.#answer.liked)
      this.#asked = 0;
    // A request whose outcome was unknown turns out to have been carried out after all.
    if (this.#outcomeUnknown && answer.liked !== this.#answer.liked) this.#trouble = null;
    const gone = !answer.liked && isSettled(answer.write);
    this.#removing ||= !answer.liked && !gone;
    if (gone && this.#removing) {
      this.#removing = false;
      this.#removed = true;
    }
    this.#answer = answer;
    this.#outcomeUnknown = false;
    this.#unheard = false;
    if (upToDate) this.#wish = answer.liked;
    this.#show();
  }

  #fail(failure: unknown): void {
    if (!(failure instanceof ServiceFailure)) throw failure;
    this.#trouble = failure.message;
    this.#show();
    if (failure instanceof SignedOut && !this.#stopped) this.#parts.onSignedOut();
  }

  #pollReason(): PollReason | null {
    if (this.#outcomeUnknown) return "unknown";
    return this.#answer.write?.state ?? null;
  }

  #interrupt(): void {
    this.#asked = 0;
    this.#interruption.abort();
    this.#interruption = new AbortController();
    this.#show();
  }

  #show(): void {
    if (!this.#stopped) this.#parts.onChange(this.view);
  }
}

/** Nothing is on its way: the PDS is as it should be, or nothing was ever to be there. */
function isSettled(write: Write | null): boolean {
  return write === null || write.state === "confirmed";
}
