import { z } from "zod";
import { sections } from "./purposes.js";
import { isSettingName, type SettingName } from "./setting-names.js";
import { variables } from "./variables.js";

/**
 * `.env.example`: every variable with what it is for, what is allowed, and its default; those that have none are commented
 * out, and so are those with one, since nothing needs to be set.
 */
export function exampleFile(): string {
  const lines = [
    "# Every setting of the service, made by `npm run plyr -- config example > .env.example`.",
    "# Copy what you need to .env, and start with `node --env-file=.env …`; `npm run plyr -- config keys` makes the keys.",
  ];
  for (const { title, purposes } of sections) {
    lines.push("", `## ${title}`);
    for (const [name, purpose] of Object.entries(purposes)) {
      if (!isSettingName(name)) throw new Error(`purposes.ts names ${name}, which is no variable`);
      lines.push("", ...wrap(`${purpose}. Allowed: ${variables[name].allowed}`));
      lines.push(`#${name}=${defaultOf(name) ?? ""}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** The text that stands for a variable which isn't set; undefined: there is none. */
export function defaultOf(name: SettingName): string | undefined {
  const schema: z.ZodType = variables[name].schema;
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)) return undefined;
  const { defaultValue } = schema.def;
  return Array.isArray(defaultValue) ? undefined : String(defaultValue);
}

/** Comment lines of at most 110 characters. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > 108) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
