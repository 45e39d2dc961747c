export type { Observed } from "../metrics/metrics.js";
export { observeDocket, type ObserveOptions } from "./observe-docket.js";
export { openTelemetryTrace, type OpenTelemetryTraceOptions } from "./open-telemetry-trace.js";
