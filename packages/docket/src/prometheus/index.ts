export type { Observed } from "../metrics/metrics.js";
export { PROMETHEUS_CONTENT_TYPE, prometheusText } from "./prometheus-text.js";
