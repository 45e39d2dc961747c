import type { Log } from "@plyr/docket";
import { openBucketStorage, type BucketPlace } from "./bucket-storage.js";
import { openFolderStorage } from "./folder-storage.js";
import { StorageUnavailable, type Storage } from "./storage.js";

/** Where files are kept: a folder (absolute), or a bucket. */
export type StoragePlace = { readonly folder: string } | BucketPlace;

/**
 * Opens the storage and sees that it can be used. A bucket that is only out of reach is no reason not to start: what
 * needs it says so, and works again when it is back.
 *
 * @throws {BucketRefused} when the bucket is not there or not ours
 * @throws when the folder can't be made
 */
export async function openStorage(place: StoragePlace, log: Log): Promise<Storage> {
  if ("folder" in place) return openFolderStorage(place.folder);
  const storage = openBucketStorage(place);
  try {
    await storage.check();
    return storage;
  } catch (err) {
    if (err instanceof StorageUnavailable) {
      log.warn({ err }, "the bucket can't be reached at the moment");
      return storage;
    }
    storage.close();
    throw err;
  }
}
