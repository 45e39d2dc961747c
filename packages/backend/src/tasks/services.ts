import type { Carrier } from "../outbox/carry.js";
import type { ReconcileParts } from "../records/reconcile.js";

/** What tasks are given to work with. */
export interface TaskServices extends ReconcileParts {
  readonly carrier: Carrier;
  /** Ends an intent that has been given up. */
  readonly bury: (intentId: string, reason: string) => Promise<void>;
}
