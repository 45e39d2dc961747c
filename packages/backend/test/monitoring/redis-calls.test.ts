import { SpanStatusCode } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { startRedis, until, type Redis } from "@plyr/dev";
import { defineTask, Docket } from "@plyr/docket";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { EngineTrace } from "../../src/tracing/engine-trace.js";
import { traceRedis } from "../../src/tracing/redis-calls.js";
import { Tracing } from "../../src/tracing/tracing.js";

interface Services {
  readonly run: (name: string) => Promise<void>;
}

const errand = defineTask<Services>()({
  name: "test.errand",
  payload: z.object({ name: z.string() }),
  run: ({ name }, { services }) => services.run(name),
});

let redis: Redis;
const exporter = new InMemorySpanExporter();
const tracing = new Tracing({
  resource: {},
  perSecond: 0,
  processors: [new SimpleSpanProcessor(exporter)],
});
let endRedis: () => void;
beforeAll(async () => {
  redis = await startRedis();
  endRedis = traceRedis(tracing);
});
afterAll(async () => {
  endRedis();
  await tracing.stop();
  await redis.close();
});

/** What was sent to Redis, each with the name of the span that it is below. */
function sent(): { command: string; below: string | undefined; failed: boolean }[] {
  const spans = exporter.getFinishedSpans();
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans.flatMap((span) =>
    span.attributes["db.system.name"] === "redis"
      ? [
          {
            command: span.name,
            below: names.get(span.parentSpanContext?.spanId ?? ""),
            failed: span.status.code === SpanStatusCode.ERROR,
          },
        ]
      : [],
  );
}

test("what is sent to Redis within a span is below it; what a worker sends by itself is in no trace", async () => {
  const held = Promise.withResolvers<undefined>();
  const ran: string[] = [];
  const docket: Docket<Services> = await Docket.open<Services>({
    url: redis.url,
    name: "redis-calls",
    tasks: [errand],
    trace: new EngineTrace(tracing),
    services: {
      run: async (name) => {
        if (name === "traced") {
          await docket.add(errand, { name: "added in a run" });
          await held.promise;
        }
        ran.push(name);
      },
    },
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => docket.close());
  const worker = docket.worker({ concurrency: 2 });
  await worker.start();
  stack.defer(() => worker.stop());

  await tracing.within("asked for", {}, () => docket.add(errand, { name: "traced" }), { decided: true });
  await until("what it added has run", () => ran.includes("added in a run"));
  // While that run goes on, its worker claims others and says what became of them.
  const before = docket.commandsSent();
  for (let at = 0; at < 20; at += 1) {
    await docket.add(errand, { name: String(at) });
    await until("it has run", () => ran.includes(String(at)));
  }
  const after = docket.commandsSent();
  expect(after.claiming + after.finishing - before.claiming - before.finishing).toBeGreaterThan(0);
  held.resolve(undefined);
  await until("all have run", () => ran.length === 22);
  await until("the run is told", () => exporter.getFinishedSpans().some(({ name }) => name === errand.name));

  expect(sent()).toEqual([
    // This server hasn't had the script yet, which is no failure.
    { command: "evalsha", below: "asked for", failed: false },
    { command: "eval", below: "asked for", failed: false },
    { command: "evalsha", below: errand.name, failed: false },
  ]);
  const [span] = exporter.getFinishedSpans().filter(({ name }) => name === "evalsha");
  // Nothing of what is queued.
  expect(span?.attributes).toEqual({
    ...{ "db.system.name": "redis", "db.operation.name": "evalsha" },
    ...{ "server.address": "127.0.0.1", "server.port": redis.port },
  });
});
