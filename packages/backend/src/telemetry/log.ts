import { trace } from "@opentelemetry/api";
import { pino, type DestinationStream, type Logger } from "pino";

/**
 * The service's log: one JSON object per line. What is logged of an error is chosen, because the libraries hang requests,
 * answers and parameters on theirs.
 *
 * @param level a pino level or `silent`
 * @param destination standard output when it is not given
 */
export function openLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    mixin: traceIds,
    redact: { paths: SECRET_FIELDS, censor: "[redacted]" },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Which trace a line belongs to, where it is written within one. */
function traceIds(): object {
  const span = trace.getActiveSpan();
  if (span?.isRecording() !== true) return {};
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}

// Nobody should log these; that somebody will is a matter of time.
const SECRET_FIELDS = [
  "authorization",
  "cookie",
  "token",
  "tokenSet",
  "sealed",
  "sessionKey",
  "password",
].flatMap((name) => [name, `*.${name}`]);

export interface DescribedError {
  type: string;
  message: string;
  stack?: string | undefined;
  code?: string;
  cause?: DescribedError;
}

const DEEPEST_CAUSE = 5;

export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  return {
    type: error.name,
    message: error.message,
    ...(depth === 0 && { stack: error.stack }),
    ...("code" in error && typeof error.code === "string" && { code: error.code }),
    ...(error.cause !== undefined &&
      depth < DEEPEST_CAUSE && { cause: describeError(error.cause, depth + 1) }),
  };
}
