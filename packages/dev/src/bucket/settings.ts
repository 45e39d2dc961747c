import { z } from "zod";

/** How `startBucket` tells its child what to start: one JSON argument. */
export const bucketSettings = z.object({
  directory: z.string(),
  port: z.int().min(1).max(65_535),
  bucket: z.string(),
});
export type BucketSettings = z.infer<typeof bucketSettings>;
