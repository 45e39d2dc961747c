/** There is no such play of this listener, or they have begun another of the same track since. */
export class UnknownPlay extends Error {
  override readonly name = "UnknownPlay";

  constructor() {
    super("there is no such play of yours");
  }
}

/** Not enough time has gone by since the start for so much to have been heard. */
export class NotHeardYet extends Error {
  override readonly name = "NotHeardYet";

  /** @param seconds until it can have been */
  constructor(seconds: number) {
    super(`not enough of it can have been heard yet: ${String(Math.ceil(seconds))} s are missing`);
  }
}
