/** Whoever held a lock kept it for longer than one may wait. */
export class LockBusy extends Error {
  override readonly name = "LockBusy";

  constructor(name: string, waitedMs: number) {
    super(`"${name}" was not free within ${String(waitedMs)} ms; somebody else still works on it`);
  }
}

/** One at a time per name within this process, in the order of asking. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Runs `work` when all who asked for `name` earlier are done.
   *
   * @param waitMs the longest wait for the turn
   * @throws {LockBusy} when the turn does not come in time; `work` has not begun then
   */
  async take<T>(name: string, waitMs: number, work: () => PromiseLike<T> | T): Promise<T> {
    const earlier = this.#last.get(name) ?? Promise.resolve();
    const turn = Promise.withResolvers<undefined>();
    // Also when we give up waiting: whoever comes after us still waits for those before us.
    const last = earlier.then(() => turn.promise);
    this.#last.set(name, last);
    void last.then(() => {
      if (this.#last.get(name) === last) this.#last.delete(name);
    });
    try {
      await within(earlier, waitMs, () => new LockBusy(name, waitMs));
      return await work();
    } finally {
      turn.resolve(undefined);
    }
  }
}

async function within(event: Promise<void>, ms: number, late: () => Error): Promise<void> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.reject(late());
  }, ms);
  try {
    await Promise.race([event, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
