/** What was measured at one moment. */
export interface Sample {
  /** Minutes from the beginning. */
  readonly at: number;
  /** By name: bytes, or how many there are. */
  readonly values: Readonly<Record<string, number>>;
}

export interface Bound {
  /** Whose growth is bounded. */
  readonly of: string;
  /** How much it may grow in the second half: so many per cent of what it is, and so much besides. */
  readonly percent: number;
  readonly besides: number;
}

export interface Verdict {
  readonly of: string;
  /** In a minute, by the line that fits the second half best. */
  readonly slope: number;
  /** What the slope comes to in the second half. */
  readonly growth: number;
  readonly allowed: number;
  readonly flat: boolean;
}

/** Whether something grows, judged by the second half: in the first, caches fill and code is compiled. */
export function judge(samples: readonly Sample[], { of, percent, besides }: Bound): Verdict {
  const half = samples.slice(Math.floor(samples.length / 2));
  const points = half.map(({ at, values }) => ({ x: at, y: values[of] ?? 0 }));
  const mean = (pick: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / Math.max(1, points.length);
  const [middle, level] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = mean(({ x }) => (x - middle) ** 2);
  const slope = spread === 0 ? 0 : mean(({ x, y }) => (x - middle) * (y - level)) / spread;
  const minutes = (points.at(-1)?.x ?? 0) - (points[0]?.x ?? 0);
  const growth = slope * minutes;
  const allowed = (level * percent) / 100 + besides;
  return { of, slope, growth, allowed, flat: growth <= allowed };
}
