import type { Task } from "../../src/index.js";
import type { Chance } from "./chance.js";
import type { History } from "./history.js";
import type { Services } from "./order.js";
import type { Producer } from "./producer.js";

/** Something that is asked of the engine in a chaos run. To add one: a file in kinds/, and its line in kinds.ts. */
export interface Kind {
  readonly name: string;
  /** How often a producer does it, beside the others. */
  readonly share: number;
  readonly tasks: readonly Task<unknown, Services>[];
  /** Who knows its tasks: workers of this release (new), or none until all disturbances are over (late). By default all do. */
  readonly known?: "new" | "late";
  /** One thing that a producer does; resolves when it is done with it. */
  act(producer: Producer, chance: Chance): Promise<void>;
  /** What is wrong when all is over, beyond what must be right for all tasks. */
  faults?(history: History): readonly Fault[];
}

export interface Fault {
  readonly what: string;
  /** Calls and ids whose journal tells more. */
  readonly about: readonly string[];
}
