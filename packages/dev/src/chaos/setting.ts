/** How the service is run in a chaos run, and who is there. */
export interface Setting {
  /** API and worker are two processes that meet in Redis; else one process does everything, without Redis. */
  readonly split: boolean;
  /** Files are in a bucket; else in a folder. */
  readonly bucket: boolean;
  /** Somebody has their account deleted towards the end. */
  readonly leaves: boolean;
}

/** One process keeps its files in a folder. Any twelve seeds in a row have every combination else. */
export function settingOf(seed: number): Setting {
  return { split: seed % 4 !== 3, bucket: seed % 2 === 0, leaves: seed % 3 === 0 };
}

export function describeSetting({ split, bucket, leaves }: Setting): string {
  return [split ? "split" : "one", bucket ? "bucket" : "folder", ...(leaves ? ["leaving"] : [])].join(" ");
}
