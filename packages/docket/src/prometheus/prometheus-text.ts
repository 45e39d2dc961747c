import { look, METRICS, type Metric, type Observed } from "../metrics/metrics.js";

/** What the text is served as. */
export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export interface PrometheusOptions {
  /** Of every line, such as which docket it is where a process has several. Names are letters, digits and "_". */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * What there is of a docket, for a Prometheus that asks: in its text format, at two commands to Redis. Never rejects because the store
 * is away: then `docket_up` is 0.
 *
 * @throws {RangeError} on a label's name that Prometheus wouldn't take
 */
export async function prometheusText(
  docket: Observed,
  { labels = {} }: PrometheusOptions = {},
): Promise<string> {
  const odd = Object.keys(labels).find((name) => !/^(?!__)[a-zA-Z_]\w*$/.test(name));
  if (odd !== undefined)
    throw new RangeError(
      `a label is named ${JSON.stringify(odd)}: give letters, digits and "_", no digit first`,
    );
  const sight = await look(docket);
  return METRICS.map((metric) => {
    const name = nameOf(metric);
    const lines = metric
      .points(sight)
      .map((point) => `${name}${labelled({ ...labels, ...point.labels })} ${String(point.value)}\n`);
    if (lines.length === 0) return "";
    return `# HELP ${name} ${escaped(metric.help)}\n# TYPE ${name} ${metric.kind}\n${lines.join("")}`;
  }).join("");
}

function nameOf({ name, unit, kind }: Metric): string {
  return `${name.replaceAll(".", "_")}${unit === "s" ? "_seconds" : ""}${kind === "counter" ? "_total" : ""}`;
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
