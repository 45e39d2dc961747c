import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { outboundFetch } from "../auth/outbound-fetch.js";
import { FingerprintThread } from "../fingerprints/fingerprint-thread.js";
import type { Storage } from "../storage/storage.js";
import { AudioReader } from "./audio-reader.js";
import { AuddScanner } from "./audd-scanner.js";
import { CatalogueScanner } from "./catalogue-scanner.js";
import type { Scanner } from "./scanner.js";

/** How tracks are scanned. */
export interface ScanSettings {
  /** ffmpeg's name or path. */
  readonly ffmpeg: string;
  /** Absolute; for one file at a time. */
  readonly scratchDir: string;
  /** Null: the built-in scanner. */
  readonly audd: { readonly token: string; readonly url: string; readonly dailyCalls: number } | null;
}

/** For processes that are told nothing else. */
export const defaultScanSettings: ScanSettings = {
  ffmpeg: "ffmpeg",
  scratchDir: join(tmpdir(), "plyr-scratch"),
  audd: null,
};

/** What the scan task works with. Nothing is started or contacted before it is needed. */
export interface Scanning {
  readonly reader: AudioReader;
  readonly scanner: Scanner;
  close(): Promise<void>;
}

/** AuDD listens to the whole track before it answers; milliseconds. */
const AUDD_LIMIT = 280_000;

export function openScanning(parts: {
  db: Kysely<Schema>;
  storage: Storage;
  publicUrl: string;
  settings: ScanSettings;
}): Scanning {
  const { db, storage, publicUrl, settings } = parts;
  const { ffmpeg, scratchDir, audd } = settings;
  const thread = new FingerprintThread();
  return {
    reader: new AudioReader({ db, storage, thread, ffmpeg, scratchDir }),
    scanner:
      audd === null
        ? new CatalogueScanner({ db, thread })
        : new AuddScanner({
            ...{ db, storage, publicUrl, ...audd },
            fetch: outboundFetch({
              guarded: true,
              trustedOrigins: [new URL(audd.url).origin],
              limitMs: AUDD_LIMIT,
            }),
          }),
    close: () => thread.close(),
  };
}
