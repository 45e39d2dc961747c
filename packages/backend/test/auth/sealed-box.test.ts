import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { OtherKey, SealBroken, SealedBox } from "../../src/auth/sealed-box.js";

const box = new SealedBox(randomBytes(32));
const place = "grant:did:plc:ana";

test("what was sealed comes back, and can't be read before", () => {
  const sealed = box.seal("a secret — ünï", place);
  expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\./);
  expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain("secret");
  expect(box.open(sealed, place)).toBe("a secret — ünï");
});

test("the same text never looks the same", () => {
  expect(box.seal("x", place)).not.toBe(box.seal("x", place));
});

test("sealed for one person, it doesn't open for another", () => {
  expect(() => box.open(box.seal("x", place), "grant:did:plc:bob")).toThrow(SealBroken);
});

test("any altered part is found", () => {
  const parts = box.seal("a secret", place).split(".");
  const flip = (text: string) => (text.startsWith("A") ? "B" : "A") + text.slice(1);
  for (const index of [2, 3]) {
    const altered = parts.with(index, flip(parts[index] ?? "")).join(".");
    expect(() => box.open(altered, place), `part ${String(index)}`).toThrow(SealBroken);
  }
  expect(() => box.open(parts.with(0, "v2").join("."), place)).toThrow(SealBroken);
  expect(() => box.open(parts.slice(0, 3).join("."), place)).toThrow(SealBroken);
  expect(() => box.open("", place)).toThrow(SealBroken);
});

test("a cut-off text doesn't open with a shorter tag", () => {
  const sealed = box.seal("a secret", place);
  for (let length = sealed.length - 1; length > sealed.length - 30; length -= 2) {
    expect(() => box.open(sealed.slice(0, length), place)).toThrow(SealBroken);
  }
});

test("another key is told apart from tampering", () => {
  expect(() => new SealedBox(randomBytes(32)).open(box.seal("x", place), place)).toThrow(OtherKey);
});

test("other keys open what they sealed, and the first alone seals", () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const before = new SealedBox(older).seal("x", place);
  const rotating = new SealedBox(newer, [older]);
  expect(rotating.open(before, place)).toBe("x");
  expect(rotating.isCurrent(before)).toBe(false);
  const after = rotating.seal("x", place);
  expect(rotating.isCurrent(after)).toBe(true);
  expect(new SealedBox(newer).open(after, place)).toBe("x");
  expect(() => rotating.open(before, "grant:did:plc:bob")).toThrow(SealBroken);
});
