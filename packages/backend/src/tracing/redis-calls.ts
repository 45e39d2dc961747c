import { tracingChannel } from "node:diagnostics_channel";
import { SpanKind, type Span } from "@opentelemetry/api";
import { z } from "zod";
import { noteError, type Tracing } from "./tracing.js";

/** What ioredis tells of a command. Its arguments are not looked at: what is queued is in them. */
const told = z.object({ command: z.string(), serverAddress: z.string(), serverPort: z.int().optional() });

/** The server has forgotten a script, and is sent it again: no failure. */
const FORGOTTEN = "NOSCRIPT";

/**
 * Has the commands that are sent to Redis within a recorded span become spans below it; returns how to end that. What the
 * queue sends of its own accord belongs to nobody's trace. Adds that travel together are one command: it is below the first.
 */
export function traceRedis(tracing: Tracing): () => void {
  const open = new WeakMap<object, Span>();
  const subscribers = {
    start: (message: object) => {
      if (!tracing.recording) return;
      const read = told.safeParse(message);
      if (!read.success) return;
      const { command, serverAddress, serverPort } = read.data;
      const attributes = {
        "db.system.name": "redis",
        "db.operation.name": command,
        "server.address": serverAddress,
        ...(serverPort === undefined ? {} : { "server.port": serverPort }),
      };
      open.set(message, tracing.begin(command, { kind: SpanKind.CLIENT, attributes }));
    },
    error: (message: { error: unknown }) => {
      const span = open.get(message);
      if (span === undefined) return;
      const { error } = message;
      if (!(error instanceof Error && error.message.startsWith(FORGOTTEN))) noteError(span, error);
    },
    asyncEnd: (message: object) => open.get(message)?.end(),
    end: () => undefined,
    asyncStart: () => undefined,
  };
  const channel = tracingChannel<unknown, object>("ioredis:command");
  channel.subscribe(subscribers);
  return () => {
    channel.unsubscribe(subscribers);
  };
}
