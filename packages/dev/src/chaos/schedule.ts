import { Chance } from "./chance.js";
import { settingOf, type Setting } from "./setting.js";

/** What is done to whom. Each lasts: what was begun is ended, but for what is over at once. */
export type Trouble =
  | { readonly to: "worker" | "api"; readonly what: "killed" }
  | { readonly to: "redis"; readonly what: "killed" | "hung" | "flushed" }
  | { readonly to: "pds"; readonly what: "killed" | "hung" }
  | { readonly to: "bucket"; readonly what: "killed" | "hung" }
  | {
      readonly to: "line";
      readonly what: "429" | "401" | "503" | "slow" | "late" | "cut before" | "answer lost";
    };

export interface Disturbance {
  readonly trouble: Trouble;
  /** Milliseconds from the beginning. */
  readonly begins: number;
  readonly lasts: number;
}

const KINDS: Readonly<Record<Trouble["to"], (chance: Chance) => Trouble>> = {
  worker: () => ({ to: "worker", what: "killed" }),
  api: () => ({ to: "api", what: "killed" }),
  redis: (chance) => ({ to: "redis", what: chance.weighted({ killed: 2, hung: 2, flushed: 3 }) }),
  pds: (chance) => ({ to: "pds", what: chance.weighted({ killed: 2, hung: 1 }) }),
  bucket: (chance) => ({ to: "bucket", what: chance.weighted({ killed: 2, hung: 1 }) }),
  line: (chance) => ({
    to: "line",
    what: chance.weighted({
      "429": 2,
      "401": 1,
      "503": 2,
      slow: 2,
      late: 1,
      "cut before": 1,
      "answer lost": 4,
    }),
  }),
};

/** How often each part is troubled in 20 s, at least and at most. */
const OFTEN: Readonly<Record<Trouble["to"], readonly [number, number]>> = {
  worker: [1, 3],
  api: [1, 2],
  redis: [1, 2],
  pds: [0, 1],
  bucket: [1, 2],
  line: [4, 7],
};

/** People notice at once; milliseconds. */
const LONGEST_OF_API = 1_500;

const PER = 20_000;
/** The last part of the time is calm enough that the first leases of the dead run out in it. */
const TROUBLED = 0.8;

/**
 * Everything that will go wrong in a run, by its beginnings. One part has one trouble at a time; different parts have
 * theirs at the same time.
 *
 * @param length of the run, in milliseconds
 */
export function planTroubles(seed: number, length: number): Disturbance[] {
  const setting = settingOf(seed);
  return partsOf(KINDS)
    .filter((part) => isThere(part, setting))
    .flatMap((part) => planPart(new Chance(seed, `troubles of ${part}`), part, length))
    .sort((left, right) => left.begins - right.begins);
}

function isThere(part: Trouble["to"], { split, bucket }: Setting): boolean {
  if (part === "redis" || part === "worker") return split;
  return part === "bucket" ? bucket : true;
}

function planPart(chance: Chance, part: Trouble["to"], length: number): Disturbance[] {
  const [least, most] = OFTEN[part];
  const count = Math.round((chance.between(least, most) * length) / PER);
  const slot = (length * TROUBLED) / Math.max(1, count);
  return Array.from({ length: count }, (_, number) => {
    const trouble = KINDS[part](chance);
    const begins = Math.round(slot * number + chance.fraction() * slot * 0.5);
    const lasts = Math.round(slot * (0.15 + chance.fraction() * 0.3));
    return { trouble, begins, lasts: part === "api" ? Math.min(lasts, LONGEST_OF_API) : lasts };
  });
}

function partsOf(kinds: typeof KINDS): Trouble["to"][] {
  const isPart = (name: string): name is Trouble["to"] => Object.hasOwn(kinds, name);
  return Object.keys(kinds).filter(isPart);
}

export function describeTrouble({ trouble, begins, lasts }: Disturbance): string {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return `${seconds(begins)} s: ${trouble.to} ${trouble.what} for ${seconds(lasts)} s`;
}
