import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Repositories } from "./repositories.js";

/** What can be looked at when all is over. */
export interface Afterwards {
  /** Of those who are still there. */
  readonly repositories: Repositories;
  /** The same people, signed in. */
  readonly actors: readonly Actor[];
}

/** One kind of thing that people do, with what they were told of it. */
export interface Family {
  /** One thing that this person does. Resolves when they have been told, or never will be. */
  act(actor: Actor, chance: Chance): Promise<void>;
  /** Where things are not as people were told, a sentence each. */
  faults(afterwards: Afterwards): string[] | Promise<string[]>;
}
