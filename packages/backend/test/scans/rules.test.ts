import { describe, expect, test } from "vitest";
import { judge } from "../../src/scans/flag-rule.js";
import { isOwnName } from "../../src/scans/own-name.js";
import type { Match } from "../../src/scans/scanner.js";

const song = (title: string, positions: number, ownName = false): Match => ({
  ...{ source: "audd", title, artist: "Somebody", id: null, ownName, same: true, errorRate: null },
  stretches: Array.from({ length: positions }, (_, index) => ({ at: index * 12, from: null, length: 12 })),
});

describe("AuDD's matches are judged by how often a song is found", () => {
  test.each([
    { found: "nothing", matches: [], state: "clear" },
    { found: "one song, once", matches: [song("a", 1)], state: "flagged" },
    { found: "30 % of one song", matches: [song("a", 3), ...many(7)], state: "flagged" },
    { found: "many songs, each once", matches: many(4), state: "clear" },
    { found: "three songs at three positions", matches: [...thrice(3), ...many(10)], state: "flagged" },
    { found: "two songs at three positions", matches: [...thrice(2), ...many(10)], state: "clear" },
    { found: "only the uploader's own", matches: [song("a", 9, true)], state: "review" },
    { found: "mostly the uploader's own", matches: [song("a", 9, true), song("b", 1)], state: "review" },
    { found: "also the uploader's own", matches: [song("a", 5, true), song("b", 5)], state: "flagged" },
  ])("$found: $state", ({ matches, state }) => {
    expect(judge(matches).state).toBe(state);
  });

  function many(count: number): Match[] {
    return Array.from({ length: count }, (_, index) => song(`other ${String(index)}`, 1));
  }
  function thrice(count: number): Match[] {
    return Array.from({ length: count }, (_, index) => song(`often ${String(index)}`, 3));
  }
});

describe("a name is the uploader's own when one slug contains the other", () => {
  test.each([
    ["The Artist", "artist.test", false],
    ["Artist", "the-artist.test", true],
    ["THE ARTIST", "The Artist Official", true],
    ["Mötley Crüe", "motleycrue.example", true],
    ["abc", "abc.test", false],
    ["Somebody", "artist.test", false],
    ["東京事変バンド", "東京事変バンド公式", true],
  ])("%s, uploaded by %s: %s", (artist, uploader, own) => {
    expect(isOwnName(artist, [uploader])).toBe(own);
  });
});
