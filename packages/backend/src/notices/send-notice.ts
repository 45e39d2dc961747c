import { defineTask, exponential, RetryAt } from "@plyr/docket";
import { sql } from "kysely";
import { z } from "zod";
import type { GivenUp } from "../outbox/burial.js";
import { askedPause } from "../pds/rate-limit.js";
import type { TaskServices } from "../tasks/services.js";

const payload = z.object({ noticeId: z.uuid() });

/**
 * Sends a notice to the operator's webhook.
 *
 * Safe to run twice: what was sent is not sent again; does the process die between the webhook's answer and the note of it,
 * it is, under the same id.
 */
export const sendNotice = defineTask<TaskServices>()({
  name: "notice.send",
  payload,
  serial: ({ noticeId }) => `notice:${noticeId}`,
  retry: exponential({ attempts: 20, min: "2s", max: "1h" }),
  timeout: "1m",
  maxAge: "3d",
  onDeadLetter: async (_payload, death, { bury }) => {
    if (death.key !== undefined) await bury(death.key, death.reason);
  },
  async run({ noticeId }, { services: { db, webhook }, signal }) {
    const notice = await db
      .selectFrom("notices")
      .select(["id", "kind", "facts", "created_at"])
      .where("id", "=", noticeId)
      .where("state", "=", "waiting")
      .executeTakeFirst();
    if (notice === undefined) return;
    if (webhook === null) {
      await settle("kept", null);
      return;
    }
    const { id, kind, facts, created_at: at } = notice;
    const answer = await webhook.send({ id, kind, at: at.toISOString(), facts }, signal);
    if (answer.ok) {
      await settle("sent", webhook.host);
      return;
    }
    const words = `The operator's webhook at ${webhook.host} answers ${String(answer.status)}`;
    const pause = askedPause(answer.headers, Date.now());
    if (pause === undefined) throw new Error(words);
    throw new RetryAt(pause, words);

    async function settle(state: "kept" | "sent", told: string | null): Promise<void> {
      await db
        .updateTable("notices")
        .set({ state, told, reason: null, settled_at: sql`now()` })
        .where("id", "=", noticeId)
        .execute();
    }
  },
});

/** Notes at the notice that nobody could be told. */
export const noticeGivenUp: GivenUp = async (tx, given, reason) => {
  await tx
    .updateTable("notices")
    .set({ state: "failed", reason, settled_at: sql`now()` })
    .where("id", "=", payload.parse(given).noticeId)
    .execute();
};
