import type { Asked, Asker } from "./asked.js";
import type { World } from "./world.js";

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
