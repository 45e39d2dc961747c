import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { SettingsError } from "./settings-error.js";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/**
 * The certificates (PEM) that DOCKET_CA_FILE names.
 *
 * @param file undefined: none is named
 * @throws {SettingsError} when it can't be read, or holds something else: every connection would be refused
 */
export async function readAuthority(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    const text = await readFile(file, "utf8");
    const found = text.match(CERTIFICATE) ?? [];
    if (found.length === 0) throw new Error("it holds no certificate in PEM");
    for (const certificate of found) new X509Certificate(certificate);
    return text;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError([`DOCKET_CA_FILE (${file}) can't be used: ${why}`]);
  }
}
