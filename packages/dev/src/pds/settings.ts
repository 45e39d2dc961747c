import { z } from "zod";

/** How `startPds` tells its child what to start: one JSON argument. No secrets: arguments are for all to see. */
export const pdsSettings = z.object({
  dataDir: z.string(),
  /** In the PDS's public URL, and so in DID documents. */
  port: z.int().min(1).max(65535),
  /** Where it really listens; another port than `port` when something stands in front of it. */
  listenPort: z.int().min(1).max(65535),
  /** It is `https://NAME` to the world: something in front of it speaks TLS. */
  hostname: z.string().optional(),
  plcPort: z.int().min(1).max(65535),
  rateLimitsEnabled: z.boolean(),
  /** In bytes. */
  blobUploadLimit: z.int().min(1),
});
export type PdsSettings = z.infer<typeof pdsSettings>;

/** How the child says that it takes requests. */
export const pdsReady = z.object({ ready: z.literal(true), adminPassword: z.string() });
export type PdsReady = z.infer<typeof pdsReady>;
