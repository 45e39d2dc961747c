import type { Tracing } from "../tracing/tracing.js";

/** Who is told of requests. */
export interface RequestMonitor {
  readonly tracing: Tracing;
  /** @param ms until the answer began */
  readonly answered: (request: { method: string; route: string; status: number; ms: number }) => void;
}

/** What is told over HTTP of how the process is. */
export interface HttpMonitoring extends RequestMonitor {
  /** Whether this process takes work: not before it has started, and not once it is ending. */
  readonly ready: () => boolean;
  /** In Prometheus's text format. */
  readonly metrics: () => Promise<string>;
  /** Undefined: nobody may read them. */
  readonly metricsToken: string | undefined;
}
