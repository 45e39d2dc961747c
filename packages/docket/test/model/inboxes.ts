import type { Redis } from "ioredis";
import { inboxOf, prefixOf } from "../../src/store/redis/keys.js";
import { message } from "../../src/store/redis/replies.js";
import type { Message } from "../../src/store/store.js";
import type { Desk } from "../desk.js";

/** All that lies in a worker's inbox, at once: a blocking read that comes back with nothing takes its time, and there are thousands. */
export async function messagesOf({ store, name }: Desk, worker: string, redis?: Redis): Promise<Message[]> {
  if (redis === undefined) {
    const messages: Message[] = [];
    const atOnce = AbortSignal.abort();
    for (;;) {
      const next = await store.listen(worker, 0, atOnce);
      if (next === undefined) return messages;
      messages.push(next);
    }
  }
  const inbox = inboxOf(prefixOf(name), worker);
  const [lines] = (await redis.multi().lrange(inbox, 0, -1).del(inbox).exec()) ?? [];
  const [, found] = lines ?? [];
  return Array.isArray(found) ? found.flatMap((line: unknown) => message(String(line)) ?? []) : [];
}
