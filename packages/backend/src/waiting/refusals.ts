/** No write of this person waits under this id. */
export class UnknownWrite extends Error {
  override readonly name = "UnknownWrite";

  constructor() {
    super("nothing of yours waits under this id: it may be on your PDS by now");
  }
}

/** The write can't be cancelled any more. */
export class TooLate extends Error {
  override readonly name = "TooLate";
}
