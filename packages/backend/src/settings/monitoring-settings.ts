/** Where spans go, and how many of them. */
export interface MonitoringSettings {
  /** An OTLP receiver; null: none. Its headers hold a credential. */
  otlp: { url: string; headers: Record<string, string> } | null;
  serviceName: string;
  /** For how long rows of `records` are kept; milliseconds. */
  keep: number;
  /** Rows of `records` at most. */
  most: number;
  /** Traces that a process may begin in a second. */
  tracesPerSecond: number;
  /** What who reads /metrics must know; undefined: nobody may. */
  metricsToken: string | undefined;
}

interface MonitoringValues {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_HEADERS: Record<string, string>;
  OTEL_SERVICE_NAME: string;
  RECORDS_KEEP: number;
  RECORDS_MOST: number;
  TRACES_PER_SECOND: number;
  METRICS_TOKEN?: string | undefined;
}

/** By the rules of OpenTelemetry: a receiver's address stands for all signals, and traces go to a path below it. */
export function monitoringSettings(values: MonitoringValues): MonitoringSettings {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = values;
  const url = own ?? (base === undefined ? undefined : `${base.replace(/\/$/, "")}/v1/traces`);
  return {
    otlp: url === undefined ? null : { url, headers: values.OTEL_EXPORTER_OTLP_HEADERS },
    serviceName: values.OTEL_SERVICE_NAME,
    keep: values.RECORDS_KEEP,
    most: values.RECORDS_MOST,
    tracesPerSecond: values.TRACES_PER_SECOND,
    metricsToken: values.METRICS_TOKEN,
  };
}
