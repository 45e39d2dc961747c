import type { Log } from "@plyr/docket";
import type { Kysely } from "kysely";
import { QueueWatch } from "../alerts/queue-watch.js";
import { SentCommands } from "../costs/sent-commands.js";
import type { Schema } from "../database/schema.js";
import type { Role } from "../settings/role.js";
import type { Background } from "../tasks/background.js";

/** What a process of the service does to be watched: it counts what it sends, and an API process sees who works. */
export function startWatch(parts: { db: Kysely<Schema>; background: Background; role: Role; log: Log }): {
  /** Before the background work ends: what is found missing after that is no news. */
  stop: () => Promise<void>;
  /** After it: what it has sent to its end is counted, too. */
  end: () => Promise<void>;
} {
  const { db, background, role, log } = parts;
  const { outbox, commandsSent: sent } = background;
  const commands = new SentCommands({ db, sent, process: role, log });
  // Of its own worker a process need not ask Redis.
  const look = role === "all" ? () => Promise.resolve({ mode: background.mode() }) : background.look;
  const queue = new QueueWatch({ db, outbox, look, log });
  commands.start();
  if (role !== "worker") queue.start();
  return { stop: () => queue.stop(), end: () => commands.stop() };
}
