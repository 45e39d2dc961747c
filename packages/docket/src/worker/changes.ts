/** How often a wait looks by itself. */
const LOOK_MS = 250;

/** Lets one part wait until another says that something has changed. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next change, or after `ms`. */
  next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, ms));
      this.#waiting.add(wake);
    });
  }

  /** Waits at most `ms`; looks by itself too, because a call that goes unanswered is told by nothing. */
  async until(come: () => boolean, ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (!come() && performance.now() < deadline) {
      await this.next(Math.min(LOOK_MS, deadline - performance.now()));
    }
  }
}
