import { addAudit } from "./audit-command.js";
import { addCatalogue } from "./catalogue-command.js";
import type { AddCommand } from "./command.js";
import { addDead } from "./dead-command.js";
import { addScans } from "./scans-command.js";
import { addSql } from "./sql-command.js";
import { addStatus } from "./status-command.js";

/** Every command, once, in the order in which `--help` names them. */
export const commands: readonly AddCommand[] = [addStatus, addAudit, addDead, addCatalogue, addScans, addSql];
