import { expect, test } from "vitest";
import { sinceWords } from "../../src/likes/since-words.js";

test("the date is said only when it is not today's", () => {
  const now = new Date(2026, 10, 24, 18, 0);
  expect(sinceWords(new Date(2026, 10, 24, 9, 5), now, "en-GB")).toBe("09:05");
  expect(sinceWords(new Date(2026, 10, 23, 9, 5), now, "en-GB")).toBe("23 Nov 2026, 09:05");
});
