import { expect, test } from "vitest";
import { likesOfOthers } from "../../src/likes/like-count.js";

test("one's own like is not counted among those of others", () => {
  expect(likesOfOthers({ likeCount: 3, like: { liked: true, write: null } })).toBe(2);
  expect(likesOfOthers({ likeCount: 3, like: { liked: false, write: null } })).toBe(3);
  expect(likesOfOthers({ likeCount: 3, like: null })).toBe(3);
});

test("a count that lags behind one's own like does not become negative", () => {
  expect(likesOfOthers({ likeCount: 0, like: { liked: true, write: null } })).toBe(0);
});
