import { expect, test } from "vitest";
import { slugOf } from "../../src/lists/album-title.js";
import { inGivenOrder } from "../../src/lists/order.js";
import { leftAloneFor, quietTimes } from "../../src/lists/quiet.js";

test.each([
  { there: [1, 2, 3], given: [3, 1, 2], becomes: [3, 1, 2] },
  { there: [1, 2, 3], given: [3], becomes: [3, 1, 2] },
  { there: [1, 2], given: [9, 2, 2, 1], becomes: [2, 1] },
  { there: [1, 2], given: [], becomes: [1, 2] },
  { there: [], given: [1], becomes: [] },
])("$there in the order of $given is $becomes", ({ there, given, becomes }) => {
  expect(inGivenOrder(there, given)).toEqual(becomes);
});

test.each([
  ["Sea Songs", "sea-songs"],
  ["  Où vas-tu?  ", "où-vas-tu"],
  ["Ｗｉｄｅ", "wide"],
  ["うたかた 2", "うたかた-2"],
  ["!!!", "!!!"],
])("an album called %j has the slug %j", (title, slug) => {
  expect(slugOf(title)).toBe(slug);
});

test.each(["album", "liked"] as const)(
  "a list (%s) is left alone while it changes, but not for ever",
  (kind) => {
    const { quiet, longest } = quietTimes[kind];
    const at = (ms: number) => new Date(Date.UTC(2026, 10, 24) + ms);
    const left = (first: number, last: number, now: number) =>
      leftAloneFor({ kind, changing_since: at(first), changed_at: at(last) }, at(now));
    expect(left(0, 0, 0)).toBe(quiet);
    expect(left(0, 500, 600)).toBe(quiet - 100);
    expect(left(0, 0, quiet)).toBe(0);
    expect(left(0, longest - 10, longest - 10)).toBe(10);
    expect(left(0, longest + 10, longest + 10)).toBe(0);
    expect(leftAloneFor({ kind, changing_since: null, changed_at: null }, at(0))).toBeNull();
  },
);
