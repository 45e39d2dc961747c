import * as z from "zod/mini";

/** How an export of the person's music stands. */
export const MusicExport = z.object({
  export_id: z.string(),
  status: z.enum(["waiting", "running", "done", "failed", "cancelled", "expired", "removed"]),
  /** For the person to read; null when there is nothing to say. */
  reason: z.nullable(z.string()),
  /** Tracks. */
  processed_count: z.int(),
  total_count: z.int(),
  /** Of audio. */
  processed_bytes: z.number(),
  total_bytes: z.number(),
  /** Of the archive, in bytes. */
  size: z.nullable(z.number()),
  left_out: z.array(z.object({ title: z.string(), uri: z.string(), reason: z.string() })),
  download_url: z.nullable(z.url({ protocol: /^https?$/ })),
  /** ISO 8601. */
  expires_at: z.nullable(z.iso.datetime({ offset: true })),
});
export type MusicExport = z.infer<typeof MusicExport>;

export const MusicExports = z.object({ exports: z.array(MusicExport) });
