import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Repositories } from "./repositories.js";

/** One kind of thing that people do, with what they were told of it. */
export interface Family {
  /** One thing that this person does. Resolves when they have been told, or never will be. */
  act(actor: Actor, chance: Chance): Promise<void>;
  /** Where repositories are not as people were told, a sentence each. */
  faults(repositories: Repositories): string[];
}
