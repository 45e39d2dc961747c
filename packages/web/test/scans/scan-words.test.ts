import { expect, test } from "vitest";
import type { Scan } from "../../src/scans/scan-answers.js";
import { placesOf, wordsForScan } from "../../src/scans/scan-words.js";

const scan = (of: Partial<Scan>): Scan => ({
  ...{ state: "pending", reason: null, matches: [], at: null, decision: null },
  ...of,
});

test.each<[Partial<Scan>, string | null, boolean]>([
  [{ state: "pending" }, "Being compared with works of others.", false],
  [{ state: "clear" }, null, false],
  [{ state: "clear", reason: "Short." }, "Compared with works of others. Short.", false],
  [
    { state: "flagged", reason: "“A” by B is in it." },
    "Flagged. “A” by B is in it. It stays playable until the operator has decided.",
    true,
  ],
  [{ state: "review", reason: "It is like “A”." }, "Somebody will look at it. It is like “A”.", false],
  [{ state: "failed", reason: "Damaged." }, "It could not be compared with works of others. Damaged.", true],
  [
    { state: "flagged", decision: { what: "keep", because: "Licensed." } },
    "Looked at, and kept: Licensed.",
    false,
  ],
])("a scan %o is told as %j", (of, text, wrong) => {
  expect(wordsForScan(scan(of))).toEqual(text === null ? null : { text, wrong });
});

test("a match says where it is in both", () => {
  const match = { title: "A", artist: "B", ownName: false };
  expect(placesOf({ ...match, stretches: [{ at: 65, from: 5, length: 20 }] })).toBe(
    "1:05–1:25 (there at 0:05)",
  );
  const many = Array.from({ length: 5 }, (_, index) => ({ at: index * 12, from: null, length: 12 }));
  expect(placesOf({ ...match, stretches: many })).toBe("0:00–0:12, 0:12–0:24, 0:24–0:36 and 2 more");
});
