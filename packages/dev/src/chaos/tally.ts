/** How many requests ended how. */
export interface Tally {
  accepted: number;
  refused: number;
  /** Of the refused, those to which nobody listened. */
  unheard: number;
  unknown: number;
}

export function noTally(): Tally {
  return { accepted: 0, refused: 0, unheard: 0, unknown: 0 };
}

export function sum(tallies: readonly Tally[]): Tally {
  const of = (kind: keyof Tally): number => tallies.reduce((whole, tally) => whole + tally[kind], 0);
  return {
    accepted: of("accepted"),
    refused: of("refused"),
    unheard: of("unheard"),
    unknown: of("unknown"),
  };
}

/** As in 31/25/2: asked for, accepted, without an answer. */
export function describeTally({ accepted, refused, unheard, unknown }: Tally): string {
  return [accepted + refused - unheard + unknown, accepted, unknown].map(String).join("/");
}
