import { ITEMS_PER_SECOND } from "./chromaprint.js";

/**
 * When two pieces of audio are the same, measured on real music (docs/decisions/0011): 0 of 90 unrelated tracks that were
 * scanned whole came below the first rate, and at a rate of 0.35 74 of 91 would have.
 */
export const thresholds = {
  /** Seconds that must be alike in one stretch. */
  seconds: 16,
  /** Up to this part of the bits may differ. */
  match: 0.14,
  /** Between `match` and this, a person should look. */
  near: 0.2,
  /** At least this part of a stretch's items must differ from each other: else it is a loop or silence. */
  distinct: 0.5,
  /** At least this part of the bits must change from one item to the next: else it is a drone, which any drone is like. */
  flux: 0.04,
} as const;

const WINDOW = Math.ceil(thresholds.seconds * ITEMS_PER_SECOND);
const BITS = 32;

/** A part of two fingerprints in which they are alike; in items. */
export interface Stretch {
  /** Where it begins in the one that was asked about. */
  readonly at: number;
  /** Where it begins in the other. */
  readonly from: number;
  readonly length: number;
  /** The part of the bits that differ, at the best place. */
  readonly errorRate: number;
  /** Whether it is alike enough to be the same; else it is only near. */
  readonly same: boolean;
}

/**
 * Lays one fingerprint over another and looks where they are alike.
 *
 * @param offset the item of `other` that lies under the first item of `asked`; may be negative
 */
export function compareAt(asked: Uint32Array, other: Uint32Array, offset: number): Stretch[] {
  const begin = Math.max(0, -offset);
  const end = Math.min(asked.length, other.length - offset);
  if (end - begin < WINDOW) return [];
  const stretches: { start: number; end: number; errorRate: number; same: boolean }[] = [];
  let differing = 0;
  for (let i = begin; i < end; i++) {
    differing += bitsBetween(asked, i, other, i + offset);
    const start = i - WINDOW + 1;
    if (start < begin) continue;
    const errorRate = differing / (WINDOW * BITS);
    differing -= bitsBetween(asked, start, other, start + offset);
    if (errorRate > thresholds.near) continue;
    if (!isTelling(asked, start) || !isTelling(other, start + offset)) continue;
    const same = errorRate <= thresholds.match;
    const last = stretches.at(-1);
    if (last?.same === same && start <= last.end) {
      last.end = i + 1;
      last.errorRate = Math.min(last.errorRate, errorRate);
    } else stretches.push({ start, end: i + 1, errorRate, same });
  }
  return stretches.map(({ start, end: stop, errorRate, same }) => ({
    ...{ at: start, from: start + offset, length: stop - start },
    errorRate,
    same,
  }));
}

/** Whether a window says enough to tell one piece of music from another. */
function isTelling(items: Uint32Array, start: number): boolean {
  const seen = new Set<number>();
  let changes = 0;
  for (let i = start; i < start + WINDOW; i++) {
    seen.add(items[i] ?? 0);
    if (i > start) changes += bitsBetween(items, i - 1, items, i);
  }
  return seen.size >= thresholds.distinct * WINDOW && changes >= thresholds.flux * (WINDOW - 1) * BITS;
}

function bitsBetween(left: Uint32Array, i: number, right: Uint32Array, j: number): number {
  let bits = (left[i] ?? 0) ^ (right[j] ?? 0);
  bits -= (bits >>> 1) & 0x5555_5555;
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333);
  bits = (bits + (bits >>> 4)) & 0x0f0f_0f0f;
  return Math.imul(bits, 0x0101_0101) >>> 24;
}
