import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Keepers } from "../keepers/keepers.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Homes } from "../repository/homes.js";
import type { RepositoryReader } from "../repository/repository.js";
import type { TaskServices } from "../tasks/services.js";

export interface AuditParts {
  readonly db: Kysely<Schema>;
  readonly outbox: Outbox<TaskServices>;
  readonly reader: RepositoryReader;
  readonly homes: Pick<Homes, "homeOf">;
  readonly keepers: Keepers;
  readonly namespace: string;
  /** For how long a write that was cut off may still take effect at the PDS; milliseconds. */
  readonly settle: number;
}
