export interface Behind {
  /** Id of the running task. */
  readonly leader: string;
  /** From when the follower may run once the other has ended; undefined when their lane sees to it. */
  readonly at: number | undefined;
}

/** Which keys' tasks replace a running one, and so come after it. */
export class Followers {
  readonly #behind = new Map<string, Behind>();

  of(key: string): Behind | undefined {
    return this.#behind.get(key);
  }

  set(key: string, behind: Behind): void {
    this.#behind.set(key, behind);
  }

  delete(key: string): void {
    this.#behind.delete(key);
  }

  /** Has a follower wait for nothing but the other's end; false when it does so already. */
  hasten(key: string, now: number): boolean {
    const behind = this.#behind.get(key);
    if (behind?.at === undefined || behind.at <= now) return false;
    this.#behind.set(key, { ...behind, at: 0 });
    return true;
  }
}
