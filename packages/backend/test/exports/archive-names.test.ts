import { expect, test } from "vitest";
import { archiveName, ArchiveNames } from "../../src/exports/archive-names.js";

const named = (title: string, fileType = "mp3") => new ArchiveNames().take(title, fileType);

test.each([
  ["Low Tide", "Low Tide.mp3"],
  ["../../etc/passwd", "etc passwd.mp3"],
  ["..\\..\\boot.ini", "boot.ini.mp3"],
  ["C:\\autoexec", "C autoexec.mp3"],
  ["/absolute", "absolute.mp3"],
  ['a<b>c:d"e|f?g*h', "a b c d e f g h.mp3"],
  ["nul\0byte\r\nline\u2028end", "nul byte line end.mp3"],
  [" . hidden", "hidden.mp3"],
  ["ends in dots ...", "ends in dots.mp3"],
  ["CON", "_CON.mp3"],
  ["nul.tar", "_nul.tar.mp3"],
  ["LPT¹", "_LPT¹.mp3"],
  ["com5 .x", "_com5 .x.mp3"],
  ["Console", "Console.mp3"],
  ["exe\u202egpj", "exe gpj.mp3"],
  ["\ud800broken", "\ufffdbroken.mp3"],
  ["", "Untitled.mp3"],
  ["...", "Untitled.mp3"],
  ["\u200b\u2060", "Untitled.mp3"],
  ["e\u0301tude", "\u00e9tude.mp3"],
  ["👩‍👩‍👧 family", "👩‍👩‍👧 family.mp3"],
])("a track called %j is in the file %j", (title, file) => {
  expect(named(title)).toBe(file);
});

test("a very long title is cut between whole characters, and its ending kept", () => {
  expect(named("ゆ".repeat(200))).toBe(`${"ゆ".repeat(53)}.mp3`);
  expect(Buffer.byteLength(named("🎷".repeat(200)))).toBeLessThanOrEqual(164);
  expect(named(`${"x".repeat(159)}👩‍👩‍👧`)).toBe(`${"x".repeat(159)}.mp3`);
});

test("an ending holds letters and digits alone", () => {
  expect(named("a", "MP3")).toBe("a.mp3");
  expect(named("a", "../sh")).toBe("a.sh");
  expect(named("a", "??")).toBe("a");
});

test("names that some file system takes for the same are told apart", () => {
  const names = new ArchiveNames();
  const titles = [
    "Song",
    "song",
    "SONG",
    "ﬁn",
    "fin",
    "é",
    "e\u0301",
    "straße",
    "STRASSE",
    "a\u00adb",
    "ab",
    "Song (2)",
  ];
  const files = titles.map((title) => names.take(title, "wav"));
  expect(files.slice(0, 3)).toEqual(["Song.wav", "song (2).wav", "SONG (3).wav"]);
  expect(files.at(-1)).toBe("Song (2) (2).wav");
  const compared = files.map((file) => file.normalize("NFKC").toUpperCase().replaceAll("\u00ad", ""));
  expect(new Set(compared).size).toBe(titles.length);
  expect(names.take("Song", "mp3")).toBe("Song.mp3");
});

test("an archive's own name is plain whatever the handle is", () => {
  const day = new Date("2026-11-24T23:00:00Z");
  expect(archiveName("mira.test", day)).toBe("plyr-mira.test-2026-11-24.zip");
  expect(archiveName('a"; rm\r\nx/../é', day)).toBe("plyr-armx..-2026-11-24.zip");
});
