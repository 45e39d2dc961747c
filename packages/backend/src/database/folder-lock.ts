import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Somebody else has the data folder open. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";

  constructor(folder: string, owner: string) {
    super(
      `The database in ${folder} is open in another process${owner === "" ? "" : ` (process ${owner})`}: ` +
        `stop that one, choose another DATA_DIR, or share a Postgres through DATABASE_URL`,
    );
  }
}

/** Held until `release` or until the process is gone. */
export interface FolderLock {
  release(): void;
}

const SQLITE_BUSY = 5;

/**
 * Makes a folder ours alone. The lock is SQLite's on an otherwise empty file beside the data: the operating system gives it
 * back when the process dies, however it dies, so there is no stale lock to recognise and no race in taking one over.
 *
 * @throws {FolderInUse} when another process (or this one) holds it
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const owner = join(folder, "owner.pid");
  const handle = new DatabaseSync(join(folder, "owner.lock"), { timeout: 0 });
  try {
    handle.exec("begin exclusive");
  } catch (error) {
    handle.close();
    if (isBusy(error)) throw new FolderInUse(folder, readOwner(owner));
    throw error;
  }
  // Only for the message above: the lock itself doesn't depend on it.
  writeFileSync(owner, String(process.pid));
  return {
    release() {
      if (handle.isOpen) handle.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

function readOwner(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // The holder has not written it yet; the message does without.
    return "";
  }
}
