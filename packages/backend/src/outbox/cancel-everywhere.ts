import { StoreUnavailable, type Docket } from "@plyr/docket";

/** Has no queue carry out an intent that isn't open any more. One that can't be asked finds out from the database. */
export async function cancelEverywhere<Services>(
  queues: readonly Pick<Docket<Services>, "find" | "cancel">[],
  intentId: string,
): Promise<void> {
  for (const queue of queues) {
    try {
      const id = (await queue.find([intentId])).get(intentId)?.id;
      if (id !== undefined) await queue.cancel(id);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}
