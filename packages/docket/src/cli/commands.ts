import { addCancel } from "./cancel-command.js";
import type { AddCommand } from "./command.js";
import { addCost } from "./cost-command.js";
import { addDead } from "./dead-command.js";
import { addPause } from "./pause-command.js";
import { addPaused } from "./paused-command.js";
import { addRecent } from "./recent-command.js";
import { addRestore } from "./restore-command.js";
import { addResume } from "./resume-command.js";
import { addSnapshot } from "./snapshot-command.js";
import { addStrike } from "./strike-command.js";
import { addStrikes } from "./strikes-command.js";
import { addTasks } from "./tasks-command.js";
import { addWatch } from "./watch-command.js";
import { addWorkers } from "./workers-command.js";

/** Every command, once, in the order in which `--help` names them. */
export const commands: readonly AddCommand[] = [
  addSnapshot,
  addWatch,
  addTasks,
  addWorkers,
  addDead,
  addRecent,
  addCancel,
  addStrike,
  addRestore,
  addStrikes,
  addPause,
  addResume,
  addPaused,
  addCost,
];
