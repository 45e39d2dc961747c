import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { SettingsError } from "./settings-error.js";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/** Files of PEM; each undefined where none is named. */
export interface RedisCertificateFiles {
  /** Of the authorities that may vouch for the server. */
  readonly caFile: string | undefined;
  /** By which this process is known to a server that asks, and its key. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

export interface RedisCertificates {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/**
 * What DOCKET_CA_FILE, DOCKET_CERT_FILE and DOCKET_KEY_FILE name.
 *
 * @throws {SettingsError} when one can't be read, or holds something else: every connection would be refused
 */
export async function readRedisCertificates(files: RedisCertificateFiles): Promise<RedisCertificates> {
  return {
    ca: await read("DOCKET_CA_FILE", files.caFile, demandCertificates),
    cert: await read("DOCKET_CERT_FILE", files.certFile, demandCertificates),
    key: await read("DOCKET_KEY_FILE", files.keyFile, (text) => {
      createPrivateKey(text);
    }),
  };
}

async function read(
  name: string,
  file: string | undefined,
  check: (text: string) => void,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    const text = await readFile(file, "utf8");
    check(text);
    return text;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError([`${name} (${file}) can't be used: ${why}`]);
  }
}

function demandCertificates(text: string): void {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new Error("it holds no certificate in PEM");
  for (const certificate of found) new X509Certificate(certificate);
}
