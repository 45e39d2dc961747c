import { hostname } from "node:os";
import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { Trace } from "@plyr/docket";
import type { Kysely, LogEvent } from "kysely";
import type { Logger } from "pino";
import type { Schema } from "../database/schema.js";
import type { MonitoringSettings } from "../settings/monitoring-settings.js";
import type { Settings } from "../settings/settings.js";
import type { Background } from "../tasks/background.js";
import { EngineTrace } from "../tracing/engine-trace.js";
import { tracedHandingOver, type HandingOver } from "../tracing/handing-over.js";
import { traceOutgoing } from "../tracing/outgoing.js";
import { traceRedis } from "../tracing/redis-calls.js";
import { tracedTogether, type Together } from "../tracing/together.js";
import { Tracing } from "../tracing/tracing.js";
import type { HttpMonitoring } from "./for-http.js";
import { LeftOutNotes } from "./left-out.js";
import { Metrics } from "./metrics.js";
import { traceQueries } from "./queries.js";
import { RecordKeeper } from "./record-keeper.js";
import { RecordWriter } from "./record-writer.js";

/** What watches one process of the service. */
export interface Monitoring {
  readonly tracing: Tracing;
  readonly trace: { readonly engine: Trace; readonly handingOver: HandingOver; readonly together: Together };
  readonly onQuery: (event: LogEvent) => void;
  /** The database is there, and migrated. */
  readonly start: (db: Kysely<Schema>) => void;
  readonly forHttp: (parts: { db: Kysely<Schema>; background: Background }) => HttpMonitoring;
  /** From now on the process says that it isn't ready. */
  readonly drain: () => void;
  /** Writes what is left; the database is still there. May be started again. */
  readonly stop: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export function openMonitoring(
  { monitoring, role }: Pick<Settings, "monitoring" | "role">,
  log: Logger,
): Monitoring {
  const writer = new RecordWriter({ log });
  const instance = `${hostname()}:${String(process.pid)}`;
  const tracing = new Tracing({
    resource: {
      "service.name": monitoring.serviceName,
      "service.instance.id": instance,
      "plyr.role": role,
    },
    perSecond: monitoring.tracesPerSecond,
    processors: [writer, ...otlp(monitoring)],
  });
  const leftOut = () => ({ unbegun: tracing.unbegun, ...writer.dropped });
  const metrics = new Metrics({ leftOut, waiting: () => writer.waiting });
  const endOutgoing = traceOutgoing(tracing);
  let endRedis: (() => void) | undefined;
  let keeper: RecordKeeper | undefined;
  let notes: LeftOutNotes | undefined;
  let ready = false;
  return {
    tracing,
    trace: {
      engine: new EngineTrace(tracing, (run, end, ms) => {
        metrics.ran(run, end, ms);
      }),
      handingOver: tracedHandingOver(tracing),
      together: tracedTogether(tracing),
    },
    onQuery: traceQueries(tracing),
    start(db) {
      endRedis = traceRedis(tracing);
      writer.start(db);
      keeper = new RecordKeeper({ db, log, keep: monitoring.keep, most: monitoring.most });
      notes = new LeftOutNotes({ db, log, leftOut, process: instance, role });
      // What they send is in nobody's trace.
      context.with(ROOT_CONTEXT, () => {
        keeper?.start();
        notes?.start();
      });
      ready = true;
    },
    forHttp({ db, background }) {
      metrics.look(db, background);
      return {
        tracing,
        answered: (request) => {
          metrics.answered(request);
        },
        ready: () => ready,
        metrics: () => metrics.text(),
        metricsToken: monitoring.metricsToken,
      };
    },
    drain() {
      ready = false;
    },
    async stop() {
      endRedis?.();
      await keeper?.stop();
      await writer.stop();
      await notes?.stop();
    },
    async close() {
      endOutgoing();
      await metrics.close();
      // A receiver that is away must not keep the process from ending with success.
      await tracing.stop().catch((err: unknown) => {
        log.warn({ err }, "the last spans did not get to the OTLP receiver");
      });
    },
  };
}

function otlp({ otlp: receiver }: MonitoringSettings): SpanProcessor[] {
  if (receiver === null) return [];
  const exporter = new OTLPTraceExporter({ ...receiver, timeoutMillis: 5_000 });
  return [
    new BatchSpanProcessor(exporter, {
      maxQueueSize: 4_096,
      maxExportBatchSize: 512,
      scheduledDelayMillis: 1_000,
      exportTimeoutMillis: 10_000,
    }),
  ];
}
