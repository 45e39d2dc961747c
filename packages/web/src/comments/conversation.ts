import type { Comment } from "../api/answers.js";
import { NoAnswer, ServiceFailure, SignedOut } from "../api/failures.js";
import type { Service } from "../api/service.js";
import { pollDelay, type PollReason } from "../likes/poll-schedule.js";
import type { Wait } from "../likes/wait.js";

/** What is said about one track, as far as this page knows. */
export interface ConversationView {
  /** In the order of the track's moments; null: not heard yet. */
  comments: readonly Comment[] | null;
  /** A request that changes something is under way. */
  sending: boolean;
  /** Why the last thing that was tried had no effect; null: it had, or nothing was tried. */
  trouble: string | null;
}

export interface ConversationParts {
  trackId: number;
  service: Pick<Service, "comments" | "addComment" | "editComment" | "removeComment">;
  wait: Wait;
  /** Called with each new view. */
  onChange: (view: ConversationView) => void;
  /** Called when the service says that the browser's session is over. */
  onSignedOut: () => void;
}

/**
 * Reads what is said about a track, changes it, and follows the person's own comments until their PDS is as it should be.
 *
 * One change at a time. A change interrupts the question that is under way, so an older answer can't undo it; afterwards
 * the list is asked for anew.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  #view: ConversationView = { comments: null, sending: false, trouble: null };
  /** Questions since something last changed. */
  #asked = 0;
  /** The list is not known, or not to be trusted. */
  #stale = true;
  #running = false;
  #stopped = false;
  #interruption = new AbortController();

  constructor(parts: ConversationParts) {
    this.#parts = parts;
  }

  get view(): ConversationView {
    return this.#view;
  }

  /** Asks for the list, and follows what is on its way. */
  start(): void {
    void this.#run();
  }

  /** @returns whether it was accepted; if not, the view says why */
  add(text: string, timestampMs: number): Promise<boolean> {
    return this.#change(() => this.#parts.service.addComment(this.#parts.trackId, text, timestampMs));
  }

  /** @returns whether it was accepted; if not, the view says why */
  edit(commentId: number, text: string): Promise<boolean> {
    return this.#change(() => this.#parts.service.editComment(commentId, text));
  }

  /** @returns whether it was accepted; if not, the view says why */
  remove(commentId: number): Promise<boolean> {
    return this.#change(() => this.#parts.service.removeComment(commentId));
  }

  /** No more questions and no more views. A change under way is not recalled. */
  stop(): void {
    this.#stopped = true;
    this.#interruption.abort();
  }

  async #change(send: () => Promise<Comment | null>): Promise<boolean> {
    if (this.#view.sending || this.#stopped) return false;
    this.#interruption.abort();
    this.#show({ sending: true, trouble: null });
    try {
      await send();
      this.#show({ sending: false });
      return true;
    } catch (failure) {
      this.#fail(failure);
      return false;
    } finally {
      this.#interruption = new AbortController();
      this.#asked = 0;
      this.#stale = true;
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (!this.#stopped && !this.#view.sending && (await this.#step()));
    } finally {
      this.#running = false;
    }
  }

  /** Asks when it is time to; false: there is nothing to ask. */
  async #step(): Promise<boolean> {
    const { signal } = this.#interruption;
    if (this.#stale) return this.#ask(signal);
    const reason = followed(this.#view.comments ?? []);
    const delay = reason === null ? null : pollDelay(reason, this.#asked);
    if (delay === null) return false;
    await this.#parts.wait(delay, signal);
    return signal.aborted || this.#ask(signal);
  }

  /** @returns whether there may be more to ask */
  async #ask(signal: AbortSignal): Promise<boolean> {
    this.#asked += 1;
    try {
      const comments = await this.#parts.service.comments(this.#parts.trackId, signal);
      if (signal.aborted) return true;
      this.#stale = false;
      if (statesOf(comments) !== statesOf(this.#view.comments ?? [])) this.#asked = 0;
      this.#show({ comments });
      return true;
    } catch (failure) {
      if (signal.aborted) return true;
      // What is there already stays; the next question, if there is one, is as good as a retry.
      const followable = failure instanceof NoAnswer && this.#view.comments !== null;
      if (!followable) this.#fail(failure);
      this.#stale = false;
      return followable;
    }
  }

  #fail(failure: unknown): void {
    if (!(failure instanceof ServiceFailure)) throw failure;
    this.#show({ sending: false, trouble: failure.message });
    if (failure instanceof SignedOut && !this.#stopped) this.#parts.onSignedOut();
  }

  #show(part: Partial<ConversationView>): void {
    this.#view = { ...this.#view, ...part };
    if (!this.#stopped) this.#parts.onChange(this.#view);
  }
}

/** Why the list is asked for again: the person's own comment that moves soonest. */
function followed(comments: readonly Comment[]): PollReason | null {
  const states = comments.flatMap(({ write }) => (write === null ? [] : [write.state]));
  return states.find((state) => state === "writing") ?? states.find((state) => state === "waiting") ?? null;
}

function statesOf(comments: readonly Comment[]): string {
  return comments.map(({ id, write }) => `${String(id)} ${write?.state ?? ""}`).join();
}
