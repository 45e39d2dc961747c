import { expect, test } from "vitest";
import type { Comment } from "../../src/api/answers.js";
import { textFault, wordsAbout } from "../../src/comments/comment-words.js";

const comment: Comment = {
  id: 1,
  author: { did: "did:plc:a", handle: "a.test" },
  text: "yes",
  timestampMs: 0,
  updatedAt: null,
  removed: false,
  write: { state: "confirmed", uri: "at://did:plc:a/c/3k", reason: null, since: "2026-11-24T10:00:00Z" },
};
const write = (state: "writing" | "waiting" | "needs-sign-in" | "confirmed" | "failed") => ({
  write: { state, uri: null, reason: null, since: null },
});

test.each([
  [{}, "on your PDS"],
  [write("writing"), "writing…"],
  [{ ...write("writing"), removed: true }, "removing…"],
  [write("needs-sign-in"), "sign in again to finish"],
  [write("failed"), "not on your PDS: no reason was given"],
  [{ ...write("failed"), removed: true }, "not removed from your PDS: no reason was given"],
])("%j reads %s", (part, words) => {
  expect(wordsAbout({ ...comment, ...part })?.text).toBe(words);
});

test("nothing is said about somebody else's record", () => {
  expect(wordsAbout({ ...comment, write: null })).toBeNull();
});

test.each([
  ["", "Say something first."],
  [" \n", "Say something first."],
  ["a", null],
  ["a".repeat(1_000), null],
  ["a".repeat(1_001), "Too long by 1 byte: a comment has 1000, and most letters take one."],
  ["é".repeat(501), "Too long by 2 bytes: a comment has 1000, and most letters take one."],
])("the text %j: %s", (text, fault) => {
  expect(textFault(text)).toBe(fault);
});
