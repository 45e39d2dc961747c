import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SettingsError } from "./settings-error.js";

const KEY_BYTES = 32;

/** 32 bytes each. */
export interface SessionKeys {
  /** Encrypts. */
  readonly current: Buffer;
  /** Still decrypt what was encrypted with them, as during a rotation. */
  readonly others: readonly Buffer[];
}

/**
 * The keys that encrypt grants: those that are set, else the one in `dataDir/session.key`, which is made when there is none.
 * Only development comes to the file: production refuses to start without SESSION_KEY.
 *
 * @throws {SettingsError} when the file does not hold a key
 */
export async function loadSessionKeys(
  [current, ...others]: readonly Buffer[],
  dataDir: string,
): Promise<SessionKeys> {
  return { current: current ?? (await keyInFile(dataDir)), others };
}

async function keyInFile(dataDir: string): Promise<Buffer> {
  const file = join(dataDir, "session.key");
  await createOnce(file, randomBytes(KEY_BYTES).toString("base64"));
  const key = Buffer.from(await readFile(file, "utf8"), "base64");
  if (key.length !== KEY_BYTES) {
    throw new SettingsError([
      `${file} does not hold 32 bytes in base64: delete it to get a new key (everybody signs in again), or set SESSION_KEY`,
    ]);
  }
  return key;
}

/** Written aside and linked into place, so that of two processes both read the key of the one that came first. */
async function createOnce(file: string, content: string): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, content, { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
