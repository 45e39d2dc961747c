/**
 * Where a store gets its time from. By default each store uses its own (Redis its server's, so that the clocks of
 * clients decide nothing); a test passes a clock that it moves by hand.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back after each jump; returns how to stop that. */
  onJump(callback: () => void): () => void;
}
