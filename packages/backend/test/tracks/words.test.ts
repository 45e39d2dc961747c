import { describe, expect, test } from "vitest";
import { BadWords, demandDescription, demandTitle, titleFrom } from "../../src/tracks/words.js";

describe("a title where nobody gave one", () => {
  test.each([
    ["the tags' title", "Low Tide", "x.mp3", "Low Tide"],
    ["the file's name without its ending", null, "Low Tide.final.mp3", "Low Tide.final"],
    ["a name without its folders", null, "../../etc/passwd", "passwd"],
    ["a name without a foreign system's folders", null, "C:\\Users\\me\\Low Tide.wav", "Low Tide"],
    ["a word, when there is nothing", null, null, "Untitled"],
    ["a word, when there is only an ending", null, ".mp3", "Untitled"],
    ["a word, when there are only blanks and controls", " \u0000\u001b\u202e ", "\n.wav", "Untitled"],
    ["one line", "Low\r\n\tTide\u0000", null, "Low Tide"],
    ["text that reads in one direction", "evil\u202egpj.mp3", null, "evil gpj.mp3"],
    ["whole characters", "a\ud800b", null, "a\ufffdb"],
    ["script tags as the words they are", "<script>alert(1)</script>", null, "<script>alert(1)</script>"],
  ])("is %s", (_what, tag, fileName, title) => {
    expect(titleFrom(tag, fileName)).toBe(title);
  });

  test("never holds more than the record may, and no half characters", () => {
    const title = titleFrom("🎵".repeat(1_000), null);
    expect(Buffer.byteLength(title)).toBe(256);
    expect(title).toBe("🎵".repeat(64));
  });
});

test("a title is taken without the blanks around it, up to 256 bytes", () => {
  expect(demandTitle("  Low Tide ")).toBe("Low Tide");
  expect(demandTitle("x".repeat(256))).toHaveLength(256);
  for (const title of ["", "  ", "x".repeat(257), "ü".repeat(129), "a\nb", "a\u0000", "\ud800"]) {
    expect(() => demandTitle(title)).toThrow(BadWords);
  }
});

test("a description has lines, and none is no description", () => {
  expect(demandDescription("one\r\ntwo\tthree\n")).toBe("one\ntwo\tthree");
  expect(demandDescription(" \n ")).toBeNull();
  for (const text of ["x".repeat(5_001), "a\u0000b", "\u001b[2J", "\udfff"]) {
    expect(() => demandDescription(text)).toThrow(BadWords);
  }
});
