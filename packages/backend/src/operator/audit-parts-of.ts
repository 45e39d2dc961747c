import type { AuditParts } from "../audit/audit-parts.js";
import { keepersOf } from "../keepers/keepers.js";
import { SETTLE } from "../records/reconcile.js";
import type { OperatorServices } from "./services.js";

/** What holds repositories against the database, for the commands that do. */
export function auditPartsOf({ db, background, repositories, namespace }: OperatorServices): AuditParts {
  return {
    ...{ db, outbox: background.outbox, ...repositories, namespace },
    ...{ keepers: keepersOf(namespace), settle: SETTLE },
  };
}
