import type { Histogram } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import type { TracedEnd, TracedRun } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Background } from "../tasks/background.js";
import type { LeftOut } from "./left-out.js";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What is counted and measured, by the names of OpenTelemetry. Labels are routes, methods, statuses, tasks and outcomes only. */
export class Metrics {
  readonly #exporter = new PrometheusExporter({ preventServerStart: true });
  readonly #provider = new MeterProvider({ readers: [this.#exporter] });
  readonly #requests: Histogram;
  /** By task and outcome. Kept by hand: a histogram's entry costs more than a short task. */
  readonly #runs = new Map<string, Map<string, { count: number; seconds: number }>>();

  /** @param records what is left out of them since the process began, and how many wait to be written */
  constructor(records: { readonly leftOut: () => LeftOut; readonly waiting: () => number }) {
    const meter = this.#provider.getMeter("plyr");
    const inSeconds = { unit: "s", advice: { explicitBucketBoundaries: SECONDS } };
    this.#requests = meter.createHistogram("http.server.request.duration", inSeconds);
    const runs = meter.createObservableCounter("plyr.runs");
    const time = meter.createObservableCounter("plyr.runs.duration", { unit: "s" });
    meter.addBatchObservableCallback(
      (seen) => {
        for (const [task, outcomes] of this.#runs)
          for (const [outcome, { count, seconds }] of outcomes) {
            const labels = { "plyr.task": task, "plyr.outcome": outcome };
            seen.observe(runs, count, labels);
            seen.observe(time, seconds, labels);
          }
      },
      [runs, time],
    );
    const unbegun = meter.createObservableCounter("plyr.traces.unbegun");
    const dropped = meter.createObservableCounter("plyr.records.dropped");
    meter.addBatchObservableCallback(
      (seen) => {
        const { unbegun: traces, withoutRoom, unwritable } = records.leftOut();
        seen.observe(unbegun, traces);
        seen.observe(dropped, withoutRoom, { "plyr.reason": "without_room" });
        seen.observe(dropped, unwritable, { "plyr.reason": "unwritable" });
      },
      [unbegun, dropped],
    );
    meter.createObservableGauge("plyr.records.waiting").addCallback((seen) => {
      seen.observe(records.waiting());
    });
  }

  answered({
    method,
    route,
    status,
    ms,
  }: {
    method: string;
    route: string;
    status: number;
    ms: number;
  }): void {
    this.#requests.record(ms / 1_000, {
      "http.request.method": method,
      "http.route": route,
      "http.response.status_code": status,
    });
  }

  ran({ task }: TracedRun, { outcome }: TracedEnd, ms: number): void {
    const outcomes = this.#runs.get(task) ?? new Map<string, { count: number; seconds: number }>();
    if (outcomes.size === 0) this.#runs.set(task, outcomes);
    const so = outcomes.get(outcome);
    if (so === undefined) outcomes.set(outcome, { count: 1, seconds: ms / 1_000 });
    else {
      so.count += 1;
      so.seconds += ms / 1_000;
    }
  }

  /** Adds what is looked up when it is asked for: what waits, in the database and in docket. */
  look(db: Kysely<Schema>, background: Pick<Background, "queues">): void {
    const meter = this.#provider.getMeter("plyr");
    meter.createObservableGauge("plyr.intents").addCallback(async (seen) => {
      const { rows } = await sql<{ state: string; count: number }>`
        select states.state, count(intents.id)::int as count
        from (values ('open'), ('dead')) as states (state) left join intents on intents.state = states.state
        group by states.state
      `.execute(db);
      for (const { state, count } of rows) seen.observe(count, { "plyr.state": state });
    });
    const tasks = meter.createObservableGauge("plyr.tasks");
    const workers = meter.createObservableGauge("plyr.workers");
    meter.addBatchObservableCallback(
      async (seen) => {
        const [queue] = background.queues;
        if (queue === undefined) return;
        const now = await queue.snapshot();
        for (const state of ["waiting", "blocked", "delayed", "held", "running", "dead"] as const)
          seen.observe(tasks, now[state], { "plyr.state": state });
        seen.observe(workers, now.workers.length);
      },
      [tasks, workers],
    );
  }

  /** In Prometheus's text format. What can't be looked up now is left out. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.#exporter.collect();
    return new PrometheusSerializer().serialize(resourceMetrics);
  }

  close(): Promise<void> {
    return this.#provider.shutdown();
  }
}
