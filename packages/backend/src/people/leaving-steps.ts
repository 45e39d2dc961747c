import { clearExportsOf } from "../exports/clear-exports.js";
import type { TaskServices } from "../tasks/services.js";
import { clearTracksOf } from "../tracks/clear-tracks.js";
import { discardUploadsOf } from "../tracks/receive.js";

/**
 * Clears away what a family has of a person who leaves, when nothing waits for their PDS any more. Only what doesn't go
 * by itself needs a step: files, and what refers to rows of others. Rows that refer to `people` with `on delete cascade`
 * go with the person; their records are taken back by whoever keeps them (`keepers`).
 *
 * Safe to run twice.
 *
 * @returns what is still being cleared away, for the person to read; null: nothing is left
 * @throws {StorageUnavailable}
 */
export type LeavingStep = (services: TaskServices, did: string) => Promise<string | null>;

/** Every family's step, each once. */
export const leavingSteps: readonly LeavingStep[] = [clearExportsOf, clearTracksOf, discardUploadsOf];
