import { randomBytes } from "node:crypto";

/** Makes ids that no other process makes: 72 random bits, then a count. */
export function idMaker(): () => string {
  const prefix = randomBytes(9).toString("base64url");
  let count = 0;
  return () => `${prefix}${(count++).toString(36)}`;
}
