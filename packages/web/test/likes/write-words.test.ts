import { expect, test } from "vitest";
import type { Write } from "../../src/api/answers.js";
import type { LikeView } from "../../src/likes/like-flow.js";
import { wordsFor } from "../../src/likes/write-words.js";

const uri = "at://did:plc:a/fm.plyr.like/3k";
const since = "2026-11-24T10:00:00.000Z";

function view(liked: boolean, write: Partial<Write> | null, rest: Partial<LikeView> = {}): LikeView {
  const whole = write && { state: "writing" as const, uri, reason: null, since, ...write };
  return { liked, sending: false, write: whole, removed: false, trouble: null, unheard: false, ...rest };
}

test.each([
  ["never liked", view(false, null), null],
  ["request under way", view(true, null, { sending: true }), "sending…"],
  ["like accepted", view(true, { state: "writing" }), "writing…"],
  ["unlike accepted", view(false, { state: "writing" }), "removing…"],
  ["like confirmed", view(true, { state: "confirmed" }), "on your PDS"],
  [
    "unlike confirmed just now",
    view(false, { state: "confirmed" }, { removed: true }),
    "removed from your PDS",
  ],
  ["unlike confirmed long ago", view(false, { state: "confirmed" }), null],
  [
    "PDS away",
    view(true, { state: "waiting", reason: "your PDS answers 503" }),
    "waiting: your PDS answers 503",
  ],
  ["PDS away, no reason", view(true, { state: "waiting" }), "waiting: your PDS can’t be reached"],
  ["grant gone", view(true, { state: "needs-sign-in" }), "sign in again to finish"],
  ["like given up", view(true, { state: "failed", reason: "too large" }), "not on your PDS: too large"],
  ["unlike given up", view(false, { state: "failed", reason: "no" }), "not removed from your PDS: no"],
  ["click without effect", view(false, null, { trouble: "There is no track 8." }), "There is no track 8."],
  ["service away", view(true, {}, { unheard: true }), "writing… (plyr doesn’t answer, asking again)"],
])("%s", (_, given, text) => {
  expect(wordsFor(given)?.text ?? null).toBe(text);
});

test("the address is shown only for a record that is on the PDS", () => {
  const shown = (["writing", "waiting", "needs-sign-in", "confirmed", "failed"] as const).filter(
    (state) => wordsFor(view(true, { state }))?.uri === uri,
  );
  expect(shown).toEqual(["confirmed"]);
  expect(wordsFor(view(false, { state: "confirmed" }, { removed: true }))?.uri).toBeNull();
});

test("what is held up says since when", () => {
  expect(wordsFor(view(true, { state: "waiting" }))?.since).toBe(since);
  expect(wordsFor(view(true, { state: "needs-sign-in" }))?.since).toBe(since);
  expect(wordsFor(view(true, { state: "confirmed" }))?.since).toBeNull();
});
