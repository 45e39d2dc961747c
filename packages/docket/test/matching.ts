import { expect } from "vitest";

/** A text that the pattern fits, wherever a value is compared. */
export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

/** An object without properties; `{}` alone would fit any object where only a part is compared. */
export function none(): unknown {
  return expect.toSatisfy((value: object) => Object.keys(value).length === 0);
}
