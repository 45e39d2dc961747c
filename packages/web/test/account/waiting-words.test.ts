import { expect, test } from "vitest";
import type { WaitingWrite } from "../../src/api/account-answers.js";
import { canBeCancelled, whatWaits, whyItWaits } from "../../src/account/waiting-words.js";

const write: WaitingWrite = {
  id: "1",
  kind: "comment",
  action: "change",
  track: { id: 1, title: "Rain" },
  text: "lovely",
  asked: "2026-11-24T12:00:00Z",
  write: { state: "waiting", reason: null },
};

test("a waiting write says what it is about, and what it says", () => {
  expect(whatWaits(write)).toBe("the new words of your comment on “Rain”: lovely");
  expect(whatWaits({ ...write, kind: "like", action: "remove", text: null })).toBe(
    "taking back your like of “Rain”",
  );
  expect(whatWaits({ ...write, kind: "comment", action: "add", track: null, text: null })).toBe(
    "your comment on a track",
  );
  expect(whatWaits({ ...write, kind: "list", track: null, text: "Best of" })).toBe("your list “Best of”");
  expect(whatWaits({ ...write, kind: "anything", action: "remove" })).toBe("removing a record");
});

test("it says why it waits, in the PDS's words where there are some", () => {
  expect(whyItWaits(write)).toBe("your PDS can’t be reached");
  expect(whyItWaits({ ...write, write: { state: "waiting", reason: "slow down" } })).toBe("slow down");
  expect(whyItWaits({ ...write, write: { state: "needs-sign-in", reason: "gone" } })).toBe(
    "sign in again to finish",
  );
  expect(whyItWaits({ ...write, write: { state: "writing", reason: null } })).toBe("being written");
});

test("a deletion of a track, a list, and what follows from other things can't be cancelled", () => {
  expect(canBeCancelled(write)).toBe(true);
  expect(canBeCancelled({ ...write, kind: "track", action: "change" })).toBe(true);
  expect(canBeCancelled({ ...write, kind: "track", action: "remove" })).toBe(false);
  expect(canBeCancelled({ ...write, kind: "list" })).toBe(false);
  expect(canBeCancelled({ ...write, kind: "record" })).toBe(false);
});
