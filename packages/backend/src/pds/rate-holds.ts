/** Thrown in place of a call while a person's PDS has told us to wait. */
export class RateHeld extends Error {
  override readonly name = "RateHeld";
  /** Milliseconds left. */
  readonly remaining: number;

  constructor(remaining: number) {
    super("the PDS's rate limit for this account is used up");
    this.remaining = remaining;
  }
}

/**
 * Who must not be written for until when. A 429 counts for a person, not for a record: without this, each of their
 * waiting writes would find out by a call of its own. Known to one process only; another one learns it by one call.
 */
export class RateHolds {
  readonly #until = new Map<string, number>();

  hold(did: string, milliseconds: number): void {
    const now = Date.now();
    for (const [held, until] of this.#until) if (until <= now) this.#until.delete(held);
    this.#until.set(did, now + milliseconds);
  }

  /** @throws {RateHeld} while there is a hold on `did` */
  check(did: string): void {
    const remaining = (this.#until.get(did) ?? 0) - Date.now();
    if (remaining > 0) throw new RateHeld(remaining);
  }
}
