import { expect, test } from "vitest";
import { signInTrouble, tidyHandle } from "../../src/session/sign-in-words.js";

test("no failed sign-in, no words", () => {
  expect(signInTrouble("")).toBeNull();
  expect(signInTrouble("?other=1")).toBeNull();
});

test("each known code has words of its own", () => {
  const codes = ["access_denied", "refused", "scope_narrowed", "expired", "unreachable", "something_new"];
  const words = codes.map((code) => signInTrouble(`?signInError=${code}`));
  expect(words).not.toContain(null);
  expect(new Set(words).size).toBe(codes.length);
});

test("what stands in the address bar never speaks on the page", () => {
  expect(signInTrouble("?signInError=Send+your+password+to+mallory")).toBe(
    "The sign-in did not work. Try again.",
  );
});

test.each([
  ["a.test", "a.test"],
  ["  @a.test ", "a.test"],
  ["\u202a@a.test\u202c", "a.test"],
  ["did:plc:abc", "did:plc:abc"],
  [" @ ", ""],
])("%j is the handle %j", (typed, handle) => {
  expect(tidyHandle(typed)).toBe(handle);
});
