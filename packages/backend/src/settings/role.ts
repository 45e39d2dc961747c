import { parseArgs } from "node:util";
import { z } from "zod";
import { SettingsError } from "./settings-error.js";

/** What a process does: serve HTTP, run tasks, or both. */
export type Role = "all" | "api" | "worker";

const role = z.enum(["all", "api", "worker"]);

/**
 * Reads `--role` from a command line (without node and script); `all` when it is absent.
 *
 * @throws {SettingsError} on an unknown role, option or argument
 */
export function parseRole(argv: string[]): Role {
  const given = readRoleOption(argv);
  const parsed = role.safeParse(given ?? "all");
  if (!parsed.success) {
    throw new SettingsError([`--role is ${JSON.stringify(given)}: allowed is ${role.options.join(", ")}`]);
  }
  return parsed.data;
}

function readRoleOption(argv: string[]): string | undefined {
  try {
    return parseArgs({ args: argv, options: { role: { type: "string" } }, strict: true }).values.role;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SettingsError([`the command line can't be read (${why}); allowed is --role all|api|worker`]);
  }
}
