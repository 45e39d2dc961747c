import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Schema } from "../database/schema.js";
import type { Repositories } from "../repository/open.js";
import type { Background } from "../tasks/background.js";
import type { RegisteredTask } from "../tasks/registry.js";

/** What operators' routes work with, in whichever process they run. */
export interface OperatorServices {
  /** Migrated. */
  readonly db: Kysely<Schema>;
  /** Its outbox accepts work; whether this process also carries it out is not for the routes to know. */
  readonly background: Background;
  /** Every task of this process. */
  readonly registry: readonly RegisteredTask[];
  /** People's repositories, as anybody may read them. */
  readonly repositories: Repositories;
  /** The NSIDs of our records begin with it. */
  readonly namespace: string;
  /** Under which others find the service. */
  readonly publicUrl: string;
  /** Commands to Redis that a day may cost. */
  readonly budget: number;
  readonly log: Logger;
}
