import { addAbortSignal, Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { demandKey, NotStored, storing, unavailable, type Storage } from "./storage.js";

/** A bucket of any service that speaks the S3 API. */
export interface BucketPlace {
  readonly bucket: string;
  readonly endpoint: string;
  /** `auto` for R2. */
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Parts of a file on their way: this many, of this size, are in memory at a time. */
const PART = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
/** A file has at most 10,000 parts; some are left for what was expected too low. */
const MOST_PARTS = 9_000;

/** How large the parts of a file are. Up to about 70 GiB they are the same, and so is the memory that it takes. */
export function partSize(expected: number): number {
  const MiB = 1024 * 1024;
  return Math.max(PART, Math.ceil(expected / MOST_PARTS / MiB) * MiB);
}

/** The bucket answers, and says no: it is not there, or not ours. */
export class BucketRefused extends Error {
  override readonly name = "BucketRefused";
}

/** Nothing is contacted before it is needed. */
export function openBucketStorage({ bucket, ...place }: BucketPlace): Storage & { check(): Promise<void> } {
  const client = new S3Client({
    endpoint: place.endpoint,
    region: place.region,
    credentials: { accessKeyId: place.accessKeyId, secretAccessKey: place.secretAccessKey },
    // The bucket in the path works with every service; in the host name it needs a certificate and DNS for it.
    forcePathStyle: true,
    // Many services other than Amazon's don't know the newer checksums.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 120_000, throwOnRequestTimeout: true },
  });
  const at = (key: string) => {
    demandKey(key);
    return { Bucket: bucket, Key: key };
  };

  return {
    async put(key, content, { contentType, fileName, expected = 0, signal }) {
      const address = at(key);
      // Not through the client: it would answer before it has cleared away the parts that it has sent.
      if (signal !== undefined) addAbortSignal(signal, content);
      return storing(key, content, async () => {
        let size = 0;
        const upload = new Upload({
          client,
          params: { ...address, Body: content, ContentType: contentType, ...disposition(fileName) },
          partSize: partSize(expected),
          queueSize: PARTS_AT_ONCE,
        });
        upload.on("httpUploadProgress", ({ loaded = 0 }) => {
          size = Math.max(size, loaded);
        });
        await upload.done();
        return { size };
      });
    },

    async get(key, range) {
      const wanted = range && { Range: `bytes=${String(range.start)}-${String(range.end)}` };
      const { Body } = await client
        .send(new GetObjectCommand({ ...at(key), ...wanted }))
        .catch((error: unknown) => {
          throw isMissing(error) ? new NotStored(key) : unavailable(`${key} could not be read`, error);
        });
      if (!(Body instanceof Readable)) throw new TypeError("the S3 client gave no stream of Node's");
      return Body;
    },

    async head(key) {
      const address = at(key);
      try {
        const { ContentLength } = await client.send(new HeadObjectCommand(address));
        return { size: ContentLength ?? 0 };
      } catch (error) {
        if (isMissing(error)) return null;
        throw unavailable(`${key} could not be looked up`, error);
      }
    },

    async delete(key) {
      const address = at(key);
      try {
        await client.send(new DeleteObjectCommand(address));
      } catch (error) {
        if (!isMissing(error)) throw unavailable(`${key} could not be deleted`, error);
      }
    },

    async abort(key) {
      const address = at(key);
      try {
        const { Uploads = [] } = await client.send(
          new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }),
        );
        for (const { Key, UploadId } of Uploads) {
          if (Key === key) await client.send(new AbortMultipartUploadCommand({ ...address, UploadId }));
        }
      } catch (error) {
        throw unavailable(`the parts of ${key} could not be cleared away`, error);
      }
    },

    url: (key, seconds) => getSignedUrl(client, new GetObjectCommand(at(key)), { expiresIn: seconds }),

    /** @throws {BucketRefused} {StorageUnavailable} */
    async check() {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }));
      } catch (error) {
        const status = error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0;
        if (status < 400 || status >= 500) throw unavailable(`the bucket ${bucket} can't be reached`, error);
        throw new BucketRefused(
          `The bucket ${bucket} answers ${String(status)}: set S3_BUCKET, S3_ENDPOINT, S3_REGION, ` +
            `S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY to a bucket that may be written to`,
          { cause: error },
        );
      }
    },

    close() {
      client.destroy();
    },
  };
}

function disposition(fileName: string | undefined) {
  return fileName === undefined ? {} : { ContentDisposition: `attachment; filename="${fileName}"` };
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}
