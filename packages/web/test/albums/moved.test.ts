import { expect, test } from "vitest";
import { moved } from "../../src/albums/moved.js";

test.each([
  [2, -1, [2, 1, 3]],
  [2, 1, [1, 3, 2]],
  [1, -1, [1, 2, 3]],
  [3, 1, [1, 2, 3]],
  [9, 1, [1, 2, 3]],
] as const)("%i moved by %i leaves %j", (id, by, left) => {
  expect(moved([1, 2, 3], id, by)).toEqual(left);
});
