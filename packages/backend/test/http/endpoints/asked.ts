/** Who asks: nobody is not signed in, another has no part in what is asked for, the owner has made it. */
export type Asker = "nobody" | "another" | "admin" | "owner";

/** A request by which its owner does or reads something of theirs; whoever is refused leaves it as it was. */
export interface Asked {
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly form?: () => FormData;
}
