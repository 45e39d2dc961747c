import type { Storage } from "../storage/storage.js";

/** Where an export's archive is kept. */
export function archiveKey(exportId: string): string {
  return `exports/${exportId}.zip`;
}

/** Where audio from a PDS lies until it has been checked and is in the archive. */
export function stagingKey(exportId: string): string {
  return `exports/${exportId}.staged`;
}

/** Clears away all that an export has in the storage, also what is only half there. @throws {StorageUnavailable} */
export async function clearAway(storage: Storage, exportId: string): Promise<void> {
  for (const key of [archiveKey(exportId), stagingKey(exportId)]) {
    await storage.abort(key);
    await storage.delete(key);
  }
}
