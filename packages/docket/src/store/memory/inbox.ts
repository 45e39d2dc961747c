import type { Message } from "../store.js";

/** A worker's messages, in order, and the one reader that may be waiting for the next. */
export class Inbox {
  #messages: Message[] = [];
  #reader: ((message: Message | undefined) => void) | undefined;

  /** How many tasks wait for their reader. */
  get tasks(): number {
    return this.#messages.filter(({ kind }) => kind === "task").length;
  }

  push(message: Message): void {
    if (this.#reader !== undefined) {
      this.#reader(message);
      return;
    }
    const last = this.#messages.at(-1);
    // Of several calls to look, the earliest is enough.
    if (message.kind === "look" && last?.kind === "look") {
      this.#messages[this.#messages.length - 1] = { kind: "look", ms: Math.min(last.ms, message.ms) };
    } else this.#messages.push(message);
  }

  /** The next message; undefined after `ms`, when `signal` aborts, or when the inbox is closed. */
  next(ms: number, signal: AbortSignal): Promise<Message | undefined> {
    const waiting = this.#messages.shift();
    if (waiting !== undefined || signal.aborted) return Promise.resolve(waiting);
    return new Promise((resolve) => {
      const end = (message: Message | undefined): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
        this.#reader = undefined;
        resolve(message);
      };
      const stop = (): void => {
        end(undefined);
      };
      const timer = setTimeout(stop, ms);
      signal.addEventListener("abort", stop, { once: true });
      this.#reader = end;
    });
  }

  clear(): Message[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  close(): void {
    this.#reader?.(undefined);
  }
}
