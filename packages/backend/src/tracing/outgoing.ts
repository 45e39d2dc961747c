import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import type { Tracing } from "./tracing.js";

/** Paths that say which call it was; others may hold a credential, such as a webhook's. */
const TELLING = /^\/(xrpc|oauth)\//;

/** Has the calls that leave through `fetch` become spans of the traces that they are made in; returns how to end that. */
export function traceOutgoing(tracing: Tracing): () => void {
  const instrumentation = new UndiciInstrumentation({
    requireParentforSpans: true,
    ignoreRequestHook: () => !tracing.recording,
    startSpanHook: ({ origin, path }) => {
      const { pathname } = new URL(path, origin);
      const shown = TELLING.test(pathname) ? pathname : "/";
      return { "url.full": `${new URL(origin).origin}${shown}`, "url.path": shown, "url.query": "" };
    },
  });
  instrumentation.setTracerProvider(tracing.provider);
  instrumentation.enable();
  return () => {
    instrumentation.disable();
  };
}
