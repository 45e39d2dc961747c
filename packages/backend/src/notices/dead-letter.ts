import type { Transaction } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import type { Intent } from "../outbox/intents.js";
import type { Schedule } from "../outbox/outbox.js";
import type { TaskServices } from "../tasks/services.js";
import { scheduleNotice } from "./notices.js";
import { sendNotice } from "./send-notice.js";

/** Of a reason; a PDS's answer can be long. */
const LONGEST = 500;

const whose = z.object({ did: z.string() });

/**
 * Tells the operator that a task was given up: of each kind of task once a day, since what fails a thousand people fails
 * them for one reason. That a notice can't be sent is no news for who can't be reached.
 */
export async function noticeDeadLetter(
  tx: Transaction<Schema>,
  schedule: Schedule<TaskServices>,
  { id, task, payload }: Intent,
  reason: string,
): Promise<void> {
  if (task === sendNotice.name) return;
  const day = new Date().toISOString().slice(0, 10);
  const short = reason.slice(0, LONGEST);
  const named = whose.safeParse(payload);
  const did = named.success ? await known(tx, named.data.did) : undefined;
  await scheduleNotice(tx, schedule, {
    kind: "task.given-up",
    about: `${task} on ${day}`,
    ...(did !== undefined && { did }),
    text: `${task} was given up: ${short}. Others of it that are given up on ${day} are among the dead letters, too.`,
    facts: { task, intent: id, reason: short },
  });
}

/** Whoever has left meanwhile is named nowhere. */
async function known(tx: Transaction<Schema>, did: string): Promise<string | undefined> {
  const person = await tx.selectFrom("people").select("did").where("did", "=", did).executeTakeFirst();
  return person?.did;
}
