/** What an export holds and what it lacks: in the archive as `manifest.json`, and beside the export's row. */
export interface Manifest {
  readonly artist: { readonly did: string; readonly handle: string };
  /** ISO 8601. */
  readonly madeAt: string;
  readonly tracks: readonly ExportedTrack[];
  readonly leftOut: readonly LeftOut[];
}

/** A track as the archive has it. */
export interface ExportedTrack {
  readonly id: number;
  readonly title: string;
  readonly description: string | null;
  /** Of its record. */
  readonly uri: string;
  /** Of its record on the PDS; null: it is not there (yet). */
  readonly cid: string | null;
  readonly fileType: string;
  /** Seconds. */
  readonly duration: number;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Its name in the archive. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Where the audio was. */
  readonly source: "storage" | "pds";
}

/** A track that the archive lacks. */
export interface LeftOut {
  readonly id: number;
  readonly title: string;
  readonly uri: string;
  /** In words for the artist. */
  readonly reason: string;
}
