import { expect, test } from "vitest";
import { NotAnIdentifier, parseIdentifier } from "../../src/auth/identifier.js";

test.each([
  ["ana.test", "ana.test"],
  ["  @Ana.Test ", "ana.test"],
  ["did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"],
  ["did:web:pds.ana.test", "did:web:pds.ana.test"],
])("%j is taken as %s", (typed, meant) => {
  expect(parseIdentifier(typed)).toBe(meant);
});

test.each([
  "",
  "@",
  "ana",
  "ana test",
  "ana@test.org",
  "did:plc",
  "http://localhost:1/",
  "a".repeat(300) + ".test",
])("%j is refused in words", (typed) => {
  expect(() => parseIdentifier(typed)).toThrow(NotAnIdentifier);
  expect(() => parseIdentifier(typed)).toThrow(/is not a handle: enter one such as/);
});
