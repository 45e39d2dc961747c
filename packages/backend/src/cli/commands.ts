import { addActions } from "./actions-command.js";
import { addAdopt } from "./adopt-command.js";
import { addAlerts } from "./alerts-command.js";
import { addAudit } from "./audit-command.js";
import { addCancel } from "./cancel-command.js";
import { addCatalogue } from "./catalogue-command.js";
import type { AddCommand } from "./command.js";
import { addConfig } from "./config-command.js";
import { addCost } from "./cost-command.js";
import { addDead } from "./dead-command.js";
import { addMigrate } from "./migrate-command.js";
import { addOauthKey } from "./oauth-key-command.js";
import { addPauses } from "./pause-commands.js";
import { addSchedule } from "./schedule-command.js";
import { addScans } from "./scans-command.js";
import { addSql } from "./sql-command.js";
import { addStatus } from "./status-command.js";
import { addStrikes } from "./strike-commands.js";

/** Every command, once, in the order in which `--help` names them. */
export const commands: readonly AddCommand[] = [
  addStatus,
  addAlerts,
  addCost,
  addAudit,
  addAdopt,
  addDead,
  addStrikes,
  addPauses,
  addSchedule,
  addCancel,
  addActions,
  addCatalogue,
  addScans,
  addSql,
  addConfig,
  addOauthKey,
  addMigrate,
];
