import { Chance } from "./chance.js";
import { LEASE_MS } from "./setting.js";

const WHAT = {
  "worker killed": 4,
  "worker stopped": 4,
  "worker replaced": 4,
  "producer killed": 2,
  "producer stopped": 1,
  "redis killed": 3,
  "redis hung": 2,
  "redis failed over": 2,
  "scripts flushed": 1,
  "connections cut": 2,
  "answers lost": 3,
  "stranger writes": 1,
} as const;

export type Trouble = keyof typeof WHAT;

export interface Disturbance {
  readonly trouble: Trouble;
  /** Milliseconds from the beginning. */
  readonly begins: number;
  readonly lasts: number;
  /** Which member it happens to: the rest of a division. */
  readonly whom: number;
}

/** Between the beginnings of two, so that there are calm times too, in which nothing may be out of order. */
const APART_MS = 2_200;
/** The last part of the time is calm. */
const TROUBLED = 0.85;

/** All that will go wrong in a run, by its beginnings. @param length of the run, in ms */
export function planDisturbances(seed: number, length: number): Disturbance[] {
  const chance = new Chance(seed, "disturbances");
  const plan: Disturbance[] = [];
  const troubles = Object.keys(WHAT).filter((name): name is Trouble => name in WHAT);
  for (
    let begins = APART_MS / 2;
    begins < length * TROUBLED;
    begins += APART_MS * (0.5 + chance.fraction())
  ) {
    const trouble = chance.weighted(troubles, (name) => WHAT[name]);
    plan.push({ trouble, begins, lasts: lasting(trouble, chance), whom: chance.between(0, 1_000) });
  }
  return plan;
}

function lasting(trouble: Trouble, chance: Chance): number {
  if (trouble === "worker stopped" || trouble === "producer stopped")
    return chance.between(LEASE_MS * 0.5, LEASE_MS * 2.5);
  if (trouble === "redis killed" || trouble === "redis hung") return chance.between(200, 2_500);
  if (trouble === "answers lost") return chance.between(50, 500);
  return 0;
}

export function describe({ trouble, begins, lasts }: Disturbance): string {
  return `${(begins / 1_000).toFixed(1)} s: ${trouble}${lasts > 0 ? ` for ${(lasts / 1_000).toFixed(1)} s` : ""}`;
}
