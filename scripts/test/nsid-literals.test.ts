import { join } from "node:path";
import { expect, test } from "vitest";
import { allNsidFaults, nsidFaults } from "../nsid-literals.ts";

const nsids = ["fm.plyr.like", "fm.plyr.actor.profile", "fm.teal.feed.play"];
const faults = (line: string) => nsidFaults("a.ts", `const ok = 1;\n${line}\n`, nsids);

test.each([
  'const like = "fm.plyr.like";',
  "const like = 'fm.plyr.dev.like';",
  "const like = `${namespace}.like`;",
  'const like = namespace + ".like";',
  'const profile = "fm.plyr.actor.profile";',
  'const play = "fm.teal.alpha.feed.play";',
  'const scope = "atproto repo:fm.plyr.like";',
  'const scope = "repo:fm.plyr.like atproto";',
])("%s is found, with its line", (line) => {
  expect(faults(line)).toEqual([expect.stringMatching(/^a\.ts:2: spells out an NSID/)]);
});

test.each([
  "/** As in `fm.plyr.like`. */",
  " * `fm.plyr.like`",
  "// fm.plyr.like",
  "const { like } = collectionsOf(namespace);",
  "fm.plyr.like,",
  'const namespace = "fm.plyr";',
  'import { likeRecord } from "./records/like.js";',
  'const path = "/tracks/like";',
  "const liked = `${state.like} likes`;",
])("%s is none", (line) => {
  expect(faults(line)).toEqual([]);
});

test("no source of this project spells out an NSID that a lexicon names", () => {
  expect(allNsidFaults(join(import.meta.dirname, "../.."))).toEqual([]);
});
