import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const pdsSecrets = z.object({
  adminPassword: z.string().min(16),
  jwtSecret: z.string().min(16),
  dpopSecret: z.string().length(64),
  plcRotationKey: z.string().length(64),
});

/** What a PDS has to remember to still be the same PDS after a restart. */
export type PdsSecrets = z.infer<typeof pdsSecrets>;

/** Reads the PDS's secrets from its data folder (`secrets.json`, mode 0600), drawing them the first time. */
export function pdsSecretsIn(dataDir: string): PdsSecrets {
  const path = join(dataDir, "secrets.json");
  if (existsSync(path)) return pdsSecrets.parse(JSON.parse(readFileSync(path, "utf8")));
  const hex = (bytes: number): string => randomBytes(bytes).toString("hex");
  const drawn = { adminPassword: hex(16), jwtSecret: hex(32), dpopSecret: hex(32), plcRotationKey: hex(32) };
  // Whole or not at all: half a file would lock the accounts in for good.
  writeFileSync(`${path}.new`, JSON.stringify(drawn), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return drawn;
}
