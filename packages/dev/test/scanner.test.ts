import { expect, test } from "vitest";
import { findMusic } from "../src/music/music.js";
import { measureScanner } from "../src/scanner/measure.js";

test("on real music the scanner finds what it promises to find, and takes nothing for something else", async () => {
  const music = findMusic();
  expect(music.length).toBeGreaterThanOrEqual(20);
  const figures = await measureScanner(music, { onlyPromised: true });
  for (const { transformation, found, of } of figures.recall) {
    console.log(`${String(found)}/${String(of)} ${transformation}`);
  }
  console.log(
    `${String(figures.scannedWhole)} others scanned whole, ${String(figures.falseMatches.length)} matches`,
  );
  expect(figures.recall.flatMap(({ missed }) => missed)).toEqual([]);
  expect(figures.recall.length).toBe(9);
  expect(figures.falseMatches).toEqual([]);
}, 600_000);
