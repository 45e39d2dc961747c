const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** A span of time as people say it, by its two largest units: "3m 20s". */
export function age(ms: number): string {
  const at = UNITS.findIndex(([, unit]) => ms >= unit);
  if (at < 0) return "0s";
  let rest = ms;
  const parts = UNITS.slice(at, at + 2).map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? "" : `${String(count)}${unit}`;
  });
  return parts.filter((part) => part !== "").join(" ");
}

/** How long ago a time was (ms since the epoch), by the store's clock; undefined for none. */
export function since(at: number | undefined, now: number): string | undefined {
  return at === undefined ? undefined : age(Math.max(0, now - at));
}
