import { join, resolve } from "node:path";
import type { BucketPlace } from "../storage/bucket-storage.js";
import type { Role } from "./role.js";

interface StorageValues {
  DATA_DIR: string;
  STORAGE_DIR?: string | undefined;
  S3_BUCKET?: string | undefined;
  S3_ENDPOINT?: string | undefined;
  S3_REGION: string;
  S3_ACCESS_KEY_ID?: string | undefined;
  S3_SECRET_ACCESS_KEY?: string | undefined;
}

/** A folder (absolute), or a bucket. */
export type StorageSettings = { folder: string } | BucketPlace;

/** @returns where files are kept, or what is wrong with these variables together */
export function storageSettings(values: StorageValues, role: Role): StorageSettings | { problems: string[] } {
  const { S3_BUCKET, S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, STORAGE_DIR } = values;
  const ofBucket = { S3_BUCKET, S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY };
  const missing = Object.entries(ofBucket).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (missing.length === Object.keys(ofBucket).length) return folderSettings(values, role);
  if (STORAGE_DIR !== undefined) {
    return {
      problems: ["STORAGE_DIR and S3_BUCKET are both set: files are kept in one place, so unset one"],
    };
  }
  if (
    S3_BUCKET === undefined ||
    S3_ENDPOINT === undefined ||
    S3_ACCESS_KEY_ID === undefined ||
    S3_SECRET_ACCESS_KEY === undefined
  ) {
    return { problems: [`a bucket needs ${missing.join(", ")} too: set all S3_ variables, or none`] };
  }
  return {
    bucket: S3_BUCKET,
    endpoint: S3_ENDPOINT,
    region: values.S3_REGION,
    accessKeyId: S3_ACCESS_KEY_ID,
    secretAccessKey: S3_SECRET_ACCESS_KEY,
  };
}

/** What the API takes in, the worker must find: a folder of its own for each would lose every upload. */
function folderSettings({ DATA_DIR, STORAGE_DIR }: StorageValues, role: Role) {
  if (role !== "all" && STORAGE_DIR === undefined) {
    return {
      problems: [
        `--role is "${role}" but neither S3_BUCKET nor STORAGE_DIR is set: api and worker share one storage; ` +
          `set the S3_ variables, or STORAGE_DIR to a folder that both processes see`,
      ],
    };
  }
  return { folder: resolve(STORAGE_DIR ?? join(DATA_DIR, "storage")) };
}
