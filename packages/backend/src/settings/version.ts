import { readFileSync } from "node:fs";
import { z } from "zod";

/** Of this release of the service. */
export function serviceVersion(): string {
  const json = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(json)).version;
}
