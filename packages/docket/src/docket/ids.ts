import { randomBytes } from "node:crypto";

/**
 * Makes ids that no other process makes: 72 random bits, then a count. All of one width, so that they sort as they were
 * made: tasks that fall due in the same millisecond keep their order.
 */
export function idMaker(): () => string {
  const prefix = randomBytes(9).toString("base64url");
  let count = 0;
  return () => `${prefix}${(count++).toString(36).padStart(7, "0")}`;
}
