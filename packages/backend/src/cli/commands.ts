import { addAudit } from "./audit-command.js";
import type { AddCommand } from "./command.js";
import { addStatus } from "./status-command.js";

/** Every command, once, in the order in which `--help` names them. */
export const commands: readonly AddCommand[] = [addStatus, addAudit];
