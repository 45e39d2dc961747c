import { context, SpanKind, SpanStatusCode, trace as api } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { z } from "zod";
import { defineTask, exponential, RetryAt, StoreUnavailable, Terminal, type Trace } from "../../src/index.js";
import { observeDocket, openTelemetryTrace } from "../../src/opentelemetry/index.js";
import { testDocket } from "../../src/testing/index.js";
import { onBothStores, test, type Stage } from "../stage.js";

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => {
  context.disable();
});

/** What an application sets up, with exporters that keep all in memory. */
function telemetry() {
  const spans = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer(
    "test",
  );
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  return {
    tracer,
    meter: provider.getMeter("test"),
    spans: () => spans.getFinishedSpans(),
    /** What a collection finds now: of each metric its unit, and its points by their attributes. */
    metrics: async () => {
      exporter.reset();
      await reader.forceFlush();
      const found = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
      return new Map(
        found.map(({ descriptor: { name, unit }, dataPoints }) => [
          name,
          { unit, points: dataPoints.map(({ attributes, value }) => ({ attributes, value })) },
        ]),
      );
    },
    stop: () => provider.shutdown(),
  };
}

const flaky = defineTask<undefined>()({
  name: "flaky",
  payload: z.object({ fails: z.number() }),
  retry: exponential({ attempts: 3, min: "1s", max: "1s" }),
  run: ({ fails }, { attempt }) => {
    api.getTracer("inner");
    if (attempt <= fails) return Promise.reject(new RangeError(`no ${String(attempt)}`));
    return Promise.resolve();
  },
});

const refusing = defineTask<undefined>()({
  name: "refusing",
  payload: z.string(),
  run: (how) => Promise.reject(how === "later" ? new RetryAt("1h", "not yet") : new Terminal("never")),
});

async function open(stage: Stage) {
  const seen = telemetry();
  const docket = await stage.open([flaky, refusing], { trace: openTelemetryTrace(seen) });
  return { docket, ...seen };
}

const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan[] =>
  spans.filter((span) => span.name === name);

onBothStores("spans", () => {
  test("are one trace from where a task was added to its end, over retries", async ({ stage }) => {
    const { docket, tracer, spans } = await open(stage);
    const { id } = await tracer.startActiveSpan("request", async (request) => {
      const handle = await docket.add(flaky, { fails: 1 }, { key: "k" });
      request.end();
      return handle;
    });
    await stage.run(docket);
    stage.clock.advance("2s");
    await stage.run(docket);

    const [request] = named(spans(), "request");
    const [send] = named(spans(), "send flaky");
    const runs = named(spans(), "process flaky");
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(send).toMatchObject({
      kind: SpanKind.PRODUCER,
      parentSpanContext: { spanId: request?.spanContext().spanId },
      attributes: {
        "messaging.system": "docket",
        "messaging.destination.name": "flaky",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.message.id": id,
      },
      status: { code: SpanStatusCode.UNSET },
    });
    const creation = send?.spanContext();
    expect(runs).toMatchObject([
      {
        kind: SpanKind.CONSUMER,
        parentSpanContext: { spanId: creation?.spanId },
        links: [{ context: { spanId: creation?.spanId, traceId: creation?.traceId } }],
        attributes: {
          "messaging.operation.name": "process",
          "messaging.operation.type": "process",
          "messaging.message.id": id,
          "docket.attempt": 1,
          "docket.outcome": "retry",
          "error.type": "RangeError",
        },
        status: { code: SpanStatusCode.ERROR, message: "no 1" },
        events: [{ name: "exception" }],
      },
      {
        attributes: {
          "docket.attempt": 2,
          "docket.delivery": 2,
          "docket.wait_ms": 2_000,
          "docket.outcome": "done",
        },
        status: { code: SpanStatusCode.UNSET },
        events: [],
      },
    ]);
    expect(JSON.stringify(spans().map(({ attributes }) => attributes))).not.toMatch(/fails|"k"/);
  });

  test("of many that were added together are one with their number", async ({ stage }) => {
    const { docket, spans } = await open(stage);
    await docket.addMany(flaky, [{ fails: 0 }, { fails: 0 }]);
    await stage.run(docket);
    const [send, ...others] = named(spans(), "send flaky");
    expect(others).toEqual([]);
    expect(send?.attributes).toMatchObject({ "messaging.batch.message_count": 2 });
    expect(send?.attributes).not.toHaveProperty("messaging.message.id");
    expect(named(spans(), "process flaky").map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
      [send?.spanContext().spanId, send?.spanContext().spanId],
    );
  });

  test("of what is put off say so, and only what failed is an error", async ({ stage }) => {
    const { docket, spans } = await open(stage);
    await docket.add(refusing, "later");
    await docket.replace(refusing, "never", { key: "k" });
    await docket.debounce(refusing, "never", { key: "b", quiet: 0 });
    await stage.run(docket, { concurrency: 1 });
    expect(named(spans(), "send refusing")).toHaveLength(3);
    expect(
      named(spans(), "process refusing").map(({ attributes, status }) => [
        ...[attributes["docket.outcome"], attributes["error.type"], status.code],
      ]),
    ).toEqual([
      ["park", undefined, SpanStatusCode.UNSET],
      ["dead", "Terminal", SpanStatusCode.ERROR],
      ["dead", "Terminal", SpanStatusCode.ERROR],
    ]);
  });

  test("of what an older trace has left beside a task begin anew where that is no span", async ({
    stage,
  }) => {
    const { spans, ...seen } = telemetry();
    const trace = openTelemetryTrace(seen);
    const older: Trace = { carried: () => "something else", run: (run, work) => trace.run(run, work) };
    const docket = await stage.open([flaky], { trace: older });
    await docket.add(flaky, { fails: 0 });
    await stage.run(docket);
    expect(named(spans(), "process flaky")).toMatchObject([{ links: [] }]);
    expect(named(spans(), "process flaky")[0]?.parentSpanContext).toBeUndefined();
  });
});

describe("metrics", () => {
  test("of adds and runs are the conventions' own, with what failed by its type", async ({ stage }) => {
    const { docket, metrics, stop } = await open(stage);
    await docket.addMany(flaky, [{ fails: 1 }, { fails: 0 }]);
    await stage.run(docket);
    const found = await metrics();
    const of = (operation: string) => ({
      "messaging.system": "docket",
      "messaging.destination.name": "flaky",
      "messaging.operation.name": operation,
      "messaging.operation.type": operation,
    });
    expect(found.get("messaging.client.sent.messages")).toEqual({
      unit: "{message}",
      points: [{ attributes: of("send"), value: 2 }],
    });
    expect(found.get("messaging.client.operation.duration")).toMatchObject({
      unit: "s",
      points: [{ attributes: of("send"), value: { count: 1 } }],
    });
    expect(found.get("messaging.client.consumed.messages")?.points).toHaveLength(2);
    expect(found.get("messaging.process.duration")).toMatchObject({
      unit: "s",
      points: [
        { attributes: { ...of("process"), "error.type": "RangeError" }, value: { count: 1 } },
        { attributes: of("process"), value: { count: 1, buckets: { boundaries: [0.005, 0.01, ...ANY] } } },
      ],
    });
    await stop();
  });

  test("of an add that failed name the error, which is thrown on", async () => {
    const seen = telemetry();
    const kit = await testDocket({ tasks: [flaky], services: undefined, trace: openTelemetryTrace(seen) });
    kit.outage.begin();
    await expect(kit.docket.add(flaky, { fails: 0 })).rejects.toThrow(StoreUnavailable);
    expect((await seen.metrics()).get("messaging.client.operation.duration")?.points).toMatchObject([
      { attributes: { "error.type": "StoreUnavailable" } },
    ]);
    expect(seen.spans()).toMatchObject([{ name: "send flaky", status: { code: SpanStatusCode.ERROR } }]);
    await kit.close();
    await seen.stop();
  });

  test("of a docket are found by whoever collects, until that is ended", async () => {
    const { meter, metrics, stop } = telemetry();
    const kit = await testDocket({ tasks: [flaky, refusing], services: undefined });
    const { docket } = kit;
    let looks = 0;
    const observed = {
      snapshot: () => ((looks += 1), docket.snapshot()),
      tasks: () => docket.tasks(),
      commandsSent: () => docket.commandsSent(),
    };
    const end = observeDocket({ meter, docket: observed, attributes: { queue: "one" } });
    await docket.add(refusing, "never");
    await kit.runUntilIdle();
    await docket.addMany(flaky, [{ fails: 0 }, { fails: 0 }]);
    await docket.add(flaky, { fails: 0 }, { delay: "1h" });
    kit.clock.advance("30s");
    const found = await metrics();
    const value = (name: string, labels: object) =>
      found
        .get(name)
        ?.points.find(({ attributes }) =>
          Object.entries({ queue: "one", ...labels }).every(([label, is]) => attributes[label] === is),
        )?.value;
    expect(value("docket.up", {})).toBe(1);
    expect(value("docket.tasks", { task: "flaky", state: "waiting" })).toBe(2);
    expect(value("docket.tasks", { task: "flaky", state: "delayed" })).toBe(1);
    expect(value("docket.waiting.age", { task: "flaky" })).toBe(30);
    expect(value("docket.dead_letters", {})).toBe(1);
    expect(value("docket.events", { event: "dead" })).toBe(1);
    expect(value("docket.workers", {})).toBe(0);
    expect(value("docket.commands", { purpose: "adding" })).toBe(0);
    kit.outage.begin();
    const away = await metrics();
    expect(away.get("docket.up")?.points).toEqual([{ attributes: { queue: "one" }, value: 0 }]);
    expect(looks).toBe(2);
    end();
    await metrics();
    expect(looks).toBe(2);
    await kit.close();
    await stop();
  });
});

/** Further bounds of the buckets. */
const ANY = [0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
