import { expect, test } from "vitest";
import type { UploadProgress } from "../../src/api/answers.js";
import { isOver, progressWords, sendingWords } from "../../src/uploads/upload-words.js";

const write = {
  state: "writing",
  uri: "at://did:plc:a/fm.plyr.track/3k",
  reason: null,
  since: null,
} as const;
const progress: UploadProgress = {
  id: "u",
  phase: "sending",
  title: "Low Tide",
  trackId: 7,
  bytes: { received: 200, sent: 0, size: 200 },
  reason: null,
  write,
};

test("while the file leaves it says how much has, and then that it is looked at", () => {
  expect(sendingWords(0).text).toBe("uploading… 0 %");
  expect(sendingWords(0.519).text).toBe("uploading… 51 %");
  expect(sendingWords(1).text).toBe("looking at it…");
});

test.each([
  [{}, "busy", "“Low Tide”: bringing it to your PDS…"],
  [{ bytes: { received: 200, sent: 90, size: 200 } }, "busy", "“Low Tide”: sending it to your PDS… 45 %"],
  [{ phase: "writing" }, "busy", "“Low Tide”: bringing it to your PDS…"],
  [{ phase: "done" }, "done", "“Low Tide” is on your PDS."],
  [
    { phase: "done", reason: "Your PDS takes no file of this size; the audio stays here." },
    "done",
    "“Low Tide” is on your PDS. Your PDS takes no file of this size; the audio stays here.",
  ],
  [{ phase: "failed", reason: "The upload broke off" }, "wrong", "“Low Tide”: The upload broke off"],
  [
    { reason: "Your PDS can't be reached.", write: { ...write, state: "waiting" } },
    "held",
    "“Low Tide” waits: Your PDS can't be reached.",
  ],
  [{ write: { ...write, state: "needs-sign-in" } }, "yours", "“Low Tide”: sign in again to finish"],
] as const)("of %j it says how it stands", (change, tone, text) => {
  expect(progressWords({ ...progress, ...change })).toEqual({ tone, text });
});

test("it is over when it is done or has failed", () => {
  const phases = ["receiving", "checking", "sending", "writing", "done", "failed"] as const;
  expect(phases.filter((phase) => isOver({ ...progress, phase }))).toEqual(["done", "failed"]);
});
