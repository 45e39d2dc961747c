import type { World } from "./world.js";

/** Who asks: nobody is not signed in, another has no part in what is asked for, the owner has made it. */
export type Asker = "nobody" | "another" | "admin" | "owner";

/** A request by which its owner does or reads something of theirs; whoever is refused leaves it as it was. */
export interface Asked {
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly form?: () => FormData;
}

/** A part of a JSON body, so that what is wrong with it can be made up. */
export type Field = { readonly optional?: boolean } & (
  | { readonly kind: "text"; readonly longest: number; readonly blank?: boolean }
  | { readonly kind: "integer"; readonly least: number; readonly most: number }
  | { readonly kind: "boolean" }
  | { readonly kind: "ids"; readonly most: number }
  | { readonly kind: "choice" }
);

/** What every route of the service is tested with. A route without one fails the tests. */
export interface Endpoint {
  /** `METHOD /path/:parameter`, as the service lists it. */
  readonly route: string;
  readonly answers: Readonly<Record<Asker, number>>;
  /** Made once for all askers, the owner last. */
  readonly ask: (world: World) => Asked | Promise<Asked>;
  /** Whoever asks is not signed in any more. */
  readonly signsOut?: true;
  /** By name; none: the request has no body of its own. */
  readonly fields?: Readonly<Record<string, Field>>;
}

/** The same answer for whoever asks. */
export function everybody(status: number): Endpoint["answers"] {
  return { nobody: status, another: status, admin: status, owner: status };
}

/** For whoever is signed in, about what is their own. */
export function signedIn(status: number): Endpoint["answers"] {
  return { nobody: 401, another: status, admin: status, owner: status };
}

/** Only for whom it belongs to. @param refused what others are told */
export function ownerOnly(status: number, refused: number): Endpoint["answers"] {
  return { nobody: 401, another: refused, admin: refused, owner: status };
}
