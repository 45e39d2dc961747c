/** A package that may be here although its licence is not in the list. */
export interface LicenceException {
  name: string;
  licence: string;
  reason: string;
}

export interface LicencePolicy {
  /** SPDX identifiers that any package may have. All of them are permissive. */
  allowed: readonly string[];
  /** These may be used to build and test, never be part of what runs. */
  developmentOnly: readonly LicenceException[];
}

export const policy: LicencePolicy = {
  allowed: [
    "0BSD",
    "Apache-2.0",
    "Python-2.0",
    "BlueOak-1.0.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unlicense",
  ],
  developmentOnly: [
    {
      name: "humanize-number",
      licence: "MIT*",
      reason: "Its readme says MIT, its package.json nothing; s3rver's logger for tests brings it.",
    },
    {
      name: "only",
      licence: "MIT*",
      reason: "Its readme says MIT, its package.json nothing; s3rver's web framework for tests brings it.",
    },
    {
      name: "spdx-exceptions",
      licence: "CC-BY-3.0",
      reason: "The list of SPDX exception names, as data; the licence check reads it.",
    },
    {
      name: "spdx-ranges",
      licence: "(MIT AND CC-BY-3.0)",
      reason: "The list of SPDX version ranges, as data; the licence check reads it.",
    },
  ],
};
