import type { Command, OptionValues } from "commander";
import type { Docket } from "../docket/docket.js";
import type { Server } from "../store/redis/address.js";
import type { Output } from "./output.js";

/** What a command works with. */
export interface CommandContext {
  /** Knows no task: what it is told of them is their names. */
  readonly docket: Docket<undefined>;
  readonly name: string;
  readonly server: Server;
  readonly output: Output;
  /** Aborted when the person has seen enough. */
  readonly signal: AbortSignal;
}

/** 1: done, and there is something that a script should notice; or there was nothing to do it to. */
export type Ending = 0 | 1;

/** What was typed, with values as the options' parsers made them. */
export interface Typed<Options> {
  readonly options: Options;
  readonly args: readonly string[];
}

/** Does what a command is for. @throws {UsageError} when it was mistyped */
export type Act<Options> = (context: CommandContext, typed: Typed<Options>) => Promise<Ending>;

/** Makes of a command's work what commander calls. */
export type Bind = <Options extends OptionValues>(act: Act<Options>) => (this: Command) => Promise<void>;

/** Adds one command, or a group of them, to the program. */
export type AddCommand = (program: Command, bind: Bind) => void;

/** What was typed makes no sense; the message says what would. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** It could not be done; the message says why. */
export class NotDone extends Error {
  override readonly name = "NotDone";
}
