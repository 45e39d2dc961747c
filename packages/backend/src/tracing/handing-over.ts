import { SpanKind } from "@opentelemetry/api";
import type { Intent } from "../outbox/intents.js";
import { personIn, wordsFor } from "./span-names.js";
import type { Tracing } from "./tracing.js";

/** The words that operators search for, as the page that describes the system has them. */
const FALLING_BACK = "docket scheduling failed, falling back to asyncio";

/** How accepted work gets to a queue, told as spans in the trace of what asked for it. */
export interface HandingOver {
  /** Hands one intent to docket, or to the in-process queue where docket is disabled. */
  scheduled<T>(intent: Intent, queue: "docket" | "in process", add: () => Promise<T>): Promise<T>;
  /** Has an intent run in process, because docket could not be given it. */
  fallingBack<T>(intent: Intent, error: unknown, add: () => Promise<T>): Promise<T>;
  /** What an intent that is accepted here and now takes along. */
  readonly carried: () => string | undefined;
}

export const untraced: HandingOver = {
  scheduled: (_intent, _queue, add) => add(),
  fallingBack: (_intent, _error, add) => add(),
  carried: () => undefined,
};

export function tracedHandingOver(tracing: Tracing): HandingOver {
  return {
    scheduled: (intent, queue, add) => {
      const words = wordsFor(intent.task, intent.payload);
      const where = queue === "docket" ? "via docket" : "in process";
      return tracing.within(
        `scheduled ${words} ${where}`,
        { kind: SpanKind.PRODUCER, attributes: attributesOf(intent) },
        async (span) => {
          try {
            return await add();
          } catch (error) {
            // The name must not say what didn't happen: it is searched for.
            span?.updateName(`could not schedule ${words} ${where}`);
            throw error;
          }
        },
        placeOf(intent),
      );
    },
    fallingBack: (intent, error, add) => {
      const options = { kind: SpanKind.PRODUCER, attributes: attributesOf(intent) };
      tracing.noteFailure(
        FALLING_BACK,
        options,
        error,
        { carried: intent.traceparent ?? undefined },
        personIn(intent.payload),
      );
      return tracing.within(
        `scheduled ${wordsFor(intent.task, intent.payload)} in process`,
        options,
        () => add(),
        placeOf(intent),
      );
    },
    carried: () => tracing.carried(),
  };
}

function placeOf(intent: Intent) {
  return { parent: { carried: intent.traceparent ?? undefined }, person: personIn(intent.payload) };
}

function attributesOf({ id, task }: Intent) {
  return {
    "messaging.system": "docket",
    "messaging.operation.type": "send",
    "messaging.operation.name": "add",
    "messaging.destination.name": task,
    "plyr.task": task,
    "plyr.intent": id,
  };
}
