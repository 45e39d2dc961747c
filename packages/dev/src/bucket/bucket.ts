import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { LOOPBACK, freePort } from "../network/ports.js";
import { Program } from "../processes/program.js";
import type { BucketSettings } from "./settings.js";

export interface Bucket extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; the bucket's name stands in the path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** All that is stored, parts of unfinished uploads included, as the server's own file names. */
  files(): string[];
  /** The stored objects, and the parts of unfinished uploads. */
  objects(): StoredObject[];
  /** `kill -9`. */
  kill(): Promise<void>;
  /** SIGSTOP: it accepts connections and never answers. */
  pause(): void;
  resume(): void;
  /** Up again on the same port with the same content. */
  restart(): Promise<void>;
  /** Stops it for good and removes its folder. May be called twice. */
  close(): Promise<void>;
}

export interface StoredObject {
  readonly key: string;
  /** Of the server's own file. */
  readonly path: string;
  /** False: a part of an upload that is not finished. */
  readonly whole: boolean;
}

const START_LIMIT = 30_000;
const NAME = "plyr-test";

// Compiled also when this file itself runs from its source in a test: the child is plain Node.
const program = fileURLToPath(new URL("../../dist/bucket/main.js", import.meta.url));

/**
 * Starts a server that speaks the S3 API, with one empty bucket, on loopback, in a process of its own, and resolves
 * when it takes requests.
 *
 * @throws when it doesn't come up within 30 s, with what it wrote
 */
export async function startBucket(): Promise<Bucket> {
  const directory = mkdtempSync(join(tmpdir(), "plyr-bucket-"));
  const port = await freePort();
  const server = new Program({
    name: "The bucket",
    command: process.execPath,
    args: [program, JSON.stringify({ directory, port, bucket: NAME } satisfies BucketSettings)],
    ipc: true,
    folder: directory,
  });
  const close = async (): Promise<void> => {
    try {
      await server.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };
  const up = async (): Promise<void> => {
    const child = await server.start();
    const message = once(child, "message", { signal: AbortSignal.timeout(START_LIMIT) });
    const outcome = await Promise.race([message, server.ended()]);
    if (outcome === undefined) throw new Error(`The bucket ended while it started:\n${server.output}`);
  };
  await up().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    endpoint: `http://${LOOPBACK}:${String(port)}`,
    bucket: NAME,
    region: "us-east-1",
    // What s3rver knows by itself.
    accessKeyId: "S3RVER",
    secretAccessKey: "S3RVER",
    files: () =>
      readdirSync(join(directory, NAME), { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [entry.name] : [],
      ),
    objects: () => objectsIn(join(directory, NAME)),
    kill: () => server.kill(),
    pause: () => {
      server.pause();
    },
    resume: () => {
      server.resume();
    },
    restart: async () => {
      await server.stop();
      await up();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const OBJECT = "._S3rver_object";
const UPLOADS = "._S3rver_uploads";

function objectsIn(folder: string): StoredObject[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry): StoredObject[] => {
    if (!entry.isFile()) return [];
    const path = join(entry.parentPath, entry.name);
    const inUpload = basename(dirname(entry.parentPath)) === UPLOADS;
    if (inUpload && entry.name !== "key") {
      const named = join(entry.parentPath, "key");
      return existsSync(named) ? [{ key: readFileSync(named, "utf8"), path, whole: false }] : [];
    }
    if (!entry.name.endsWith(OBJECT)) return [];
    return [{ key: relative(folder, path).slice(0, -OBJECT.length), path, whole: true }];
  });
}
