import { describe, expect, it } from "vitest";
import { licenceFaults } from "../licences/faults.ts";
import { policy } from "../licences/policy.ts";

const onlyMit = { allowed: ["MIT", "ISC"], developmentOnly: [] };
const withException = {
  allowed: ["MIT"],
  developmentOnly: [{ name: "a", licence: "CC-BY-3.0", reason: "only data" }],
};

function installed(licence: string) {
  return [{ name: "a", version: "1.0.0", licence }];
}

describe("the licence check", () => {
  it.each(["MIT", "(MIT OR GPL-3.0-only)", "(MIT AND ISC)"])("lets %s pass", (licence) => {
    expect(licenceFaults(installed(licence), new Set(), onlyMit)).toEqual([]);
  });

  it.each([
    "GPL-3.0-only",
    "AGPL-3.0-or-later",
    "(MIT AND GPL-2.0-only)",
    "UNLICENSED",
    "SEE LICENSE IN x",
    "MIT*",
  ])("refuses %s", (licence) => {
    expect(licenceFaults(installed(licence), new Set(), onlyMit)).toEqual([
      `a@1.0.0: its licence "${licence}" is not in the allow-list.`,
    ]);
  });

  it("excepts a package for development", () => {
    expect(licenceFaults(installed("CC-BY-3.0"), new Set(), withException)).toEqual([]);
  });

  it("refuses an excepted package in production", () => {
    const faults = licenceFaults(installed("CC-BY-3.0"), new Set(["a@1.0.0"]), withException);
    expect(faults).toEqual([expect.stringContaining("production needs it")]);
  });

  it("refuses an excepted package that changed its licence", () => {
    const faults = licenceFaults(installed("GPL-3.0-only"), new Set(), withException);
    expect(faults).toContain('a@1.0.0: its licence "GPL-3.0-only" is not in the allow-list.');
  });

  it("refuses an exception that nothing needs", () => {
    expect(licenceFaults(installed("MIT"), new Set(), withException)).toEqual([
      "a (CC-BY-3.0): the exception is not used.",
    ]);
  });

  it.each(["GPL-2.0-only", "GPL-3.0-or-later", "AGPL-3.0-only", "LGPL-3.0-only", "SSPL-1.0", "BUSL-1.1"])(
    "refuses %s under the project's own policy",
    (licence) => {
      expect(licenceFaults(installed(licence), new Set(), policy)).toContain(
        `a@1.0.0: its licence "${licence}" is not in the allow-list.`,
      );
    },
  );
});
