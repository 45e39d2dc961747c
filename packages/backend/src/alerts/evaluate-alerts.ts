import { defineTask, type Duration } from "@plyr/docket";
import { z } from "zod";
import type { TaskServices } from "../tasks/services.js";
import { tellConcerns } from "./alerts.js";

/**
 * Looks around for what is wrong, and tells the operator. Comes by itself; one in the whole service.
 *
 * Safe to run twice: what was told is not told again.
 */
export function evaluateAlerts(every: Duration) {
  return defineTask<TaskServices>()({
    name: "alerts.evaluate",
    payload: z.null(),
    every,
    timeout: "1m",
    async run(_payload, { services: { db, outbox, lookAround } }) {
      await tellConcerns({ db, outbox }, await lookAround());
    },
  });
}
