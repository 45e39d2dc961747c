import { compareAt, type Stretch } from "./alignment.js";

/** A content that is like the one asked about. */
export interface Likeness {
  readonly content: number;
  /** The longest first; none overlaps another in the one asked about. */
  readonly stretches: readonly Stretch[];
}

/** Items that agree in this many of their upper bits vote for the offset at which they lie over each other. */
const KEY_BITS = 20;
const FEWEST_VOTES = 3;
const MOST_OFFSETS = 200;
const MOST_STRETCHES = 20;
const NONE = -1;

/**
 * All known fingerprints in memory, and which of them are like a given one. Eight bytes an item: 230 kB for an hour of
 * music.
 */
export class FingerprintIndex {
  /** The items of all contents, one after the other. */
  #items = new Uint32Array(1 << 16);
  /** For each item, the one before it with the same key. */
  #previous = new Int32Array(1 << 16);
  readonly #newest = new Int32Array(1 << KEY_BITS).fill(NONE);
  readonly #contents: { readonly content: number; readonly start: number; readonly end: number }[] = [];
  readonly #known = new Set<number>();
  #length = 0;

  /** A content that is known already stays as it is. */
  add(content: number, fingerprint: Uint32Array): void {
    if (this.#known.has(content)) return;
    this.#known.add(content);
    const start = this.#length;
    this.#grow(start + fingerprint.length);
    this.#items.set(fingerprint, start);
    this.#length += fingerprint.length;
    this.#contents.push({ content, start, end: this.#length });
    fingerprint.forEach((item, index) => {
      // Of a held tone one item is enough: it would vote for every offset alike.
      if (item === fingerprint[index - 1]) return;
      const key = item >>> (BITS - KEY_BITS);
      this.#previous[start + index] = this.#newest[key] ?? NONE;
      this.#newest[key] = start + index;
    });
  }

  /** @param except contents that are not to be looked at */
  search(fingerprint: Uint32Array, except: ReadonlySet<number> = new Set()): Likeness[] {
    const found = new Map<number, Stretch[]>();
    for (const { place, offset } of this.#offsets(fingerprint, except)) {
      const other = this.#items.subarray(place.start, place.end);
      // The frames of the two need not begin at the same time.
      for (const shift of [0, -1, 1]) {
        const stretches = compareAt(fingerprint, other, offset + shift);
        if (stretches.length > 0)
          found.set(place.content, [...(found.get(place.content) ?? []), ...stretches]);
      }
    }
    return [...found].map(([content, stretches]) => ({ content, stretches: best(stretches) }));
  }

  /** Where contents may lie over the one asked about: the offsets for which most items vote. */
  #offsets(fingerprint: Uint32Array, except: ReadonlySet<number>) {
    const votes = new Map<number, number>();
    fingerprint.forEach((item, index) => {
      if (item === fingerprint[index - 1]) return;
      let place = this.#newest[item >>> (BITS - KEY_BITS)] ?? NONE;
      while (place !== NONE) {
        const diagonal = place - index;
        votes.set(diagonal, (votes.get(diagonal) ?? 0) + 1);
        place = this.#previous[place] ?? NONE;
      }
    });
    const at = (diagonal: number): number => votes.get(diagonal) ?? 0;
    // Where nobody voted there is no candidate, so nothing that could stand for its neighbours.
    const around = (diagonal: number): number =>
      votes.has(diagonal) ? at(diagonal - 1) + at(diagonal) + at(diagonal + 1) : 0;
    const candidates: { diagonal: number; votes: number }[] = [];
    for (const diagonal of votes.keys()) {
      const merged = around(diagonal);
      if (merged < FEWEST_VOTES) continue;
      // Its neighbour stands for it.
      if (around(diagonal - 1) >= merged || around(diagonal + 1) > merged) continue;
      candidates.push({ diagonal, votes: merged });
    }
    candidates.sort((left, right) => right.votes - left.votes);
    const offsets: { place: { content: number; start: number; end: number }; offset: number }[] = [];
    for (const { diagonal } of candidates) {
      if (offsets.length >= MOST_OFFSETS) break;
      for (const place of this.#under(diagonal, fingerprint.length)) {
        if (!except.has(place.content)) offsets.push({ place, offset: diagonal - place.start });
      }
    }
    return offsets;
  }

  /** The contents that lie under a fingerprint of this length when its first item is at this place. */
  #under(first: number, length: number) {
    let low = 0;
    let high = this.#contents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#contents[middle]?.end ?? 0) > first) high = middle;
      else low = middle + 1;
    }
    const under: { content: number; start: number; end: number }[] = [];
    for (let i = low; i < this.#contents.length; i++) {
      const place = this.#contents[i];
      if (place === undefined || place.start >= first + length) break;
      under.push(place);
    }
    return under;
  }

  #grow(length: number): void {
    if (length <= this.#items.length) return;
    const size = Math.max(length, this.#items.length * 2);
    const items = new Uint32Array(size);
    items.set(this.#items);
    this.#items = items;
    const previous = new Int32Array(size);
    previous.set(this.#previous);
    this.#previous = previous;
  }
}

const BITS = 32;

/** The same before what is only near, the longest first, and nothing twice. */
function best(stretches: readonly Stretch[]): Stretch[] {
  const sorted = stretches.toSorted(
    (left, right) =>
      Number(right.same) - Number(left.same) ||
      right.length - left.length ||
      left.errorRate - right.errorRate,
  );
  const kept: Stretch[] = [];
  for (const stretch of sorted) {
    if (kept.length >= MOST_STRETCHES) break;
    const overlaps = kept.some(
      (other) => stretch.at < other.at + other.length && other.at < stretch.at + stretch.length,
    );
    if (!overlaps) kept.push(stretch);
  }
  return kept;
}
