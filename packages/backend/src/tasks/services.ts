import type { Carrier } from "../outbox/carry.js";
import type { Intent } from "../outbox/intents.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Points } from "../points/points.js";
import type { Pacing } from "../pds/pacing.js";
import type { ReconcileParts } from "../records/reconcile.js";
import type { Repositories } from "../repository/open.js";
import type { Concern } from "../operating/concerns.js";
import type { Webhook } from "../notices/webhook.js";
import type { Scanning } from "../scans/open.js";
import type { Storage } from "../storage/storage.js";
import type { Together } from "../tracing/together.js";

/** Milliseconds. */
export interface ExportTimes {
  /** For how long an archive can be downloaded. */
  readonly keep: number;
  /** For how long nothing may move before our storage counts as away. */
  readonly stall: number;
}

/** What tasks are given to work with. */
export interface TaskServices extends ReconcileParts {
  readonly carrier: Carrier;
  /** Says whether a person's PDS may be called now. */
  readonly pacing: Pacing;
  readonly points: Points;
  readonly storage: Storage;
  /** People's repositories, as anybody may read them. */
  readonly repositories: Repositories;
  readonly exports: ExportTimes;
  /** For what a task leaves for others to do. */
  readonly outbox: Outbox<TaskServices>;
  /** Makes put-off intents due now, where a queue that can be reached has them: so those that are done are forgotten. */
  readonly wake: (intents: readonly Intent[]) => Promise<void>;
  /** Has intents carried out now, wherever they have waited, or nowhere: many of one person together. */
  readonly goOn: (intents: readonly Intent[]) => Promise<void>;
  /** For work that several were accepted for. */
  readonly together: Together;
  /** The NSIDs of our records begin with it. */
  readonly namespace: string;
  readonly scanning: Scanning;
  /** Where the operator is told things; null: nowhere. */
  readonly webhook: Webhook | null;
  /** What is wrong at the moment. */
  readonly lookAround: () => Promise<readonly Concern[]>;
  /** Gives a person's grant back to their PDS, and forgets it. */
  readonly endGrant: (did: string) => Promise<void>;
  /** Ends an intent that has been given up. */
  readonly bury: (intentId: string, reason: string) => Promise<void>;
}
