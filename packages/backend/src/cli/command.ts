import type { Command } from "commander";
import type { Operator } from "./operator.js";
import type { Output } from "./output.js";

/** What a command works with. */
export interface CommandContext {
  /** The operators' routes, in whichever process they run; reached for the time of `work`. */
  readonly reach: <T>(work: (operator: Operator) => Promise<T>) => Promise<T>;
  readonly output: Output;
  /** What the settings are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What was typed: each command checks its own. */
export interface Typed {
  readonly options: unknown;
  readonly args: readonly string[];
}

/** How a command ended: 0, or 1 when there is something that the operator should see to (and a script notice). */
export type Ending = 0 | 1;

/** Does what a command is for. Throws when it can't. */
export type Act = (context: CommandContext, typed: Typed) => Promise<Ending>;

/** Makes of a command's work what commander calls. */
export type Bind = (act: Act) => (this: Command) => Promise<void>;

/** Adds one command, or a group of them, to the program. */
export type AddCommand = (program: Command, bind: Bind) => void;
