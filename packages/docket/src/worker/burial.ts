import type { Claim } from "../store/store.js";
import type { Death } from "../task/task.js";
import { payloadOfDead } from "./stored-payload.js";
import type { ExecutionTools } from "./execution.js";

/** Logs that a task was given up, and tells its definition. */
export function tellDeath<Services>(
  { log, tasks, services }: Pick<ExecutionTools<Services>, "log" | "tasks" | "services">,
  claim: Claim,
  death: Death,
): void {
  log.error(
    { ...death, attempt: claim.attempt, delivery: claim.delivery },
    "a task went to the dead letters",
  );
  const task = tasks.get(death.task);
  if (task === undefined || claim.stored === undefined) return;
  const payload = payloadOfDead(task, claim.stored);
  Promise.resolve()
    .then(() => task.onDeadLetter(payload, death, services))
    .catch((error: unknown) => {
      log.error(
        { err: error, id: death.id, task: death.task },
        "onDeadLetter failed; docket.find tells what it missed",
      );
    });
}
