import { join, resolve } from "node:path";
import type { ScanSettings } from "../scans/open.js";

interface ScanValues {
  DATA_DIR: string;
  AUDD_TOKEN?: string | undefined;
  AUDD_URL: string;
  AUDD_DAILY_CALLS: number;
  FFMPEG: string;
}

/** How tracks are scanned: by AuDD where there is a token, else by the built-in scanner. */
export function scanSettings(values: ScanValues): ScanSettings {
  const { AUDD_TOKEN: token, AUDD_URL: url, AUDD_DAILY_CALLS: dailyCalls } = values;
  return {
    ffmpeg: values.FFMPEG,
    scratchDir: resolve(join(values.DATA_DIR, "scratch")),
    audd: token === undefined ? null : { token, url, dailyCalls },
  };
}
