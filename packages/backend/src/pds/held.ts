import type { Hold } from "./holds.js";

/**
 * How long a write waits for a host that is away, or for an operator, in milliseconds, and as much again at most. It is woken when the host
 * is back; should that miss it (it was about to wait), it is made in time all the same.
 */
const UNTIL_WOKEN = 45_000;
/** Those that wait for the same moment are spread over so many milliseconds. */
const SPREAD = 500;

/** Thrown in place of a call that must not be made now, and for one that has shown that others must not be made. */
export class Held extends Error {
  override readonly name = "Held";
  readonly hold: Hold;
  /** The PDS certainly didn't apply the write. */
  readonly untouched: boolean;

  constructor(hold: Hold, untouched: boolean, options?: ErrorOptions) {
    super(hold.reason, options);
    this.hold = hold;
    this.untouched = untouched;
  }

  /** Milliseconds after which to ask again; whatever ends the hold earlier wakes what waits for it. */
  get pause(): number {
    if (this.hold.cause === "away" || this.hold.cause === "operator")
      return Math.round(UNTIL_WOKEN * (1 + Math.random()));
    return Math.max(0, this.hold.remaining) + Math.round(Math.random() * SPREAD);
  }
}
