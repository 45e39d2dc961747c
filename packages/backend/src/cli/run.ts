import type { Writable } from "node:stream";
import { Command, CommanderError } from "commander";
import { z } from "zod";
import { FolderInUse } from "../database/folder-lock.js";
import { SettingsError } from "../settings/settings-error.js";
import { parseSettings } from "../settings/settings.js";
import type { Bind, Ending } from "./command.js";
import { commands } from "./commands.js";
import { Refused } from "./operator.js";
import { Output } from "./output.js";
import { reachOperator } from "./reach.js";

export interface Surroundings {
  readonly env: Record<string, string | undefined>;
  readonly stdout: Pick<Writable, "write">;
  readonly stderr: Pick<Writable, "write">;
}

/** It could not be done: mistyped, wrong settings, out of reach, refused. */
const NOT_DONE = 2;

const globalOptions = z.object({ json: z.boolean().default(false) });

/**
 * Carries out one command of the operator.
 *
 * @param argv without node and script
 * @returns the exit code: 0 done; 1 done, and there is something to see to; 2 not done
 */
export async function run(argv: readonly string[], { env, stdout, stderr }: Surroundings): Promise<number> {
  let ending: Ending = 0;
  const bind: Bind = (act) =>
    async function (this: Command) {
      const options: unknown = this.optsWithGlobals();
      const output = new Output(stdout, globalOptions.parse(options).json);
      const reach = <T>(work: Parameters<typeof reachOperator<T>>[1]) =>
        reachOperator(parseSettings(env, "all", { encrypts: false }), work);
      ending = await act({ reach, output, env }, { options, args: this.args });
    };
  const program = openProgram({ stdout, stderr });
  for (const add of commands) add(program, bind);
  try {
    await program.parseAsync(argv, { from: "user" });
    return ending;
  } catch (error) {
    // Commander has said what is wrong, or what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : NOT_DONE;
    stderr.write(`${describe(error)}\n`);
    return NOT_DONE;
  }
}

function openProgram({ stdout, stderr }: Pick<Surroundings, "stdout" | "stderr">): Command {
  return new Command("plyr")
    .description(
      "What operators of the service do: beside it, with the same settings, whether it runs or not.",
    )
    .option("--json", "print JSON, one value a line, for programs")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    });
}

/** What the operator can set right needs no stack. */
function describe(error: unknown): string {
  if (error instanceof SettingsError || error instanceof FolderInUse) return error.message;
  if (error instanceof Refused) return `Not done: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
