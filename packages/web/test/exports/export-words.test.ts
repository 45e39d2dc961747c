import { expect, test } from "vitest";
import type { MusicExport } from "../../src/api/export-answers.js";
import { exportWords, isUnderWay, sizeWords } from "../../src/exports/export-words.js";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const music: MusicExport = {
  export_id: "e",
  status: "running",
  reason: null,
  processed_count: 1,
  total_count: 4,
  processed_bytes: 300,
  total_bytes: 1_000,
  size: null,
  left_out: [],
  download_url: null,
  expires_at: null,
};
const done = {
  status: "done",
  size: 1_234_567,
  download_url: "https://plyr.test/exports/e/download",
  expires_at: "2026-12-01T12:00:00Z",
} as const;
const leftOut = { title: "Low Tide", uri: "at://did:plc:a/fm.plyr.track/3k", reason: "It is gone." };

test.each([
  [{ status: "waiting" }, "busy", "waiting for its turn…"],
  [{ status: "waiting", reason: "Our storage can't be used." }, "held", "Our storage can't be used."],
  [{}, "busy", "packing your music… 30 %"],
  [{ processed_bytes: 1_200 }, "busy", "packing your music… 100 %"],
  [{ total_bytes: 0 }, "busy", "packing your music… 1 of 4 tracks"],
  [done, "done", "4 tracks, 1.2 MB, to be had for 7 days"],
  [{ ...done, left_out: [leftOut, leftOut, leftOut] }, "done", "1 track, 1.2 MB, to be had for 7 days"],
  [{ ...done, expires_at: "2026-11-25T11:00:00Z" }, "done", "4 tracks, 1.2 MB, to be had for 23 hours"],
  [
    { ...done, expires_at: "2026-11-24T12:10:00Z" },
    "done",
    "4 tracks, 1.2 MB, to be had for less than an hour",
  ],
  [{ status: "failed", reason: "too old" }, "wrong", "the export failed: too old"],
  [{ status: "cancelled" }, "held", "cancelled"],
  [{ status: "expired", reason: "Its time was over" }, "held", "the last export is gone: Its time was over"],
] as const)("of %j it says how it stands", (change, tone, text) => {
  expect(
    exportWords({ ...music, ...change, left_out: "left_out" in change ? [...change.left_out] : [] }, NOW),
  ).toEqual({
    tone,
    text,
  });
});

test("of one that was removed it says nothing", () => {
  expect(exportWords({ ...music, status: "removed" }, NOW)).toBeNull();
});

test("it is under way until it is over", () => {
  const all = ["waiting", "running", "done", "failed", "cancelled", "expired", "removed"] as const;
  expect(all.filter((status) => isUnderWay({ ...music, status }))).toEqual(["waiting", "running"]);
});

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1_500, "1.5 KB"],
  [25_000_000, "25 MB"],
  [10_737_418_240, "11 GB"],
  [2e15, "2000 TB"],
])("%i bytes are %s", (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});
