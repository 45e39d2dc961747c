/** What a figure must be. A promise to everyone (`worst`) is held by the worst sample, a rate by the median. */
export interface Requirement {
  readonly bound: "at most" | "at least";
  readonly value: number;
  readonly judgedBy: "median" | "worst";
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly samples: readonly number[];
  readonly required?: Requirement;
  /** What a reader of the figure must know, in a few words. */
  readonly note?: string;
}

export interface Bench {
  /** Fewer tasks and rounds: shows that it works, not how well. */
  readonly quick: boolean;
  /** How long idle workers are watched. */
  readonly idleMs: number;
  /** Tells whoever waits how far it is. */
  progress(line: string): void;
}

export interface Measurement {
  readonly name: string;
  readonly method: string;
  run(bench: Bench): Promise<Figure[]>;
}
