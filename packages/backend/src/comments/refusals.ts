/** There is no such comment, or its author has removed it. */
export class UnknownComment extends Error {
  override readonly name = "UnknownComment";

  constructor(commentId: number) {
    super(`there is no comment ${String(commentId)}`);
  }
}

/** Only who wrote a comment may change or remove it. */
export class NotTheAuthor extends Error {
  override readonly name = "NotTheAuthor";

  constructor(commentId: number) {
    super(`comment ${String(commentId)} is somebody else's`);
  }
}

/** A person has said as much about a track as one may. */
export class TooManyComments extends Error {
  override readonly name = "TooManyComments";

  constructor(most: number) {
    super(
      `you have ${String(most)} comments on this track, which is as many as there may be: remove one first`,
    );
  }
}

/** The moment lies after the track's end. */
export class PastTheEnd extends Error {
  override readonly name = "PastTheEnd";

  /** @param duration seconds */
  constructor(duration: number) {
    super(`the track ends after ${String(duration)} s`);
  }
}
