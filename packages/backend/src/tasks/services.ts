import type { Carrier } from "../outbox/carry.js";
import type { Intent } from "../outbox/intents.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Points } from "../points/points.js";
import type { ReconcileParts } from "../records/reconcile.js";
import type { Repositories } from "../repository/open.js";
import type { Storage } from "../storage/storage.js";

/** What tasks are given to work with. */
export interface TaskServices extends ReconcileParts {
  readonly carrier: Carrier;
  readonly points: Points;
  readonly storage: Storage;
  /** People's repositories, as anybody may read them. */
  readonly repositories: Repositories;
  /** For what a task leaves for others to do. */
  readonly outbox: Outbox<TaskServices>;
  /** Makes parked intents due now. */
  readonly wake: (intents: readonly Intent[]) => Promise<void>;
  /** The NSIDs of our records begin with it. */
  readonly namespace: string;
  /** Ends an intent that has been given up. */
  readonly bury: (intentId: string, reason: string) => Promise<void>;
}
