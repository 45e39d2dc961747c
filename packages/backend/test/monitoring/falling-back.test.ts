import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { startRedis, until } from "@plyr/dev";
import { expect, test } from "vitest";
import { EngineTrace } from "../../src/tracing/engine-trace.js";
import { tracedHandingOver } from "../../src/tracing/handing-over.js";
import { tracedTogether } from "../../src/tracing/together.js";
import { Tracing } from "../../src/tracing/tracing.js";
import { noteTask } from "../outbox/notes.js";
import { setStage } from "../outbox/stage.js";

const FALLING_BACK = "docket scheduling failed, falling back to asyncio";

test("with docket away, the words that operators search for are there once per task that ran in process, in its trace", async () => {
  await using stage = await setStage();
  await using redis = await startRedis();
  const spans = new InMemorySpanExporter();
  const tracing = new Tracing({
    resource: {},
    perSecond: 1_000,
    processors: [new SimpleSpanProcessor(spans)],
  });
  const trace = {
    engine: new EngineTrace(tracing),
    handingOver: tracedHandingOver(tracing),
    together: tracedTogether(tracing),
  };
  const { task, done, registry } = noteTask();
  const { outbox } = await stage.process({ docketUrl: redis.url, registry, trace });
  const schedule = async (text: string): Promise<string[]> => {
    spans.reset();
    await tracing.within(`asking for ${text}`, {}, () => outbox.schedule(task, { about: text, text }));
    await until("it is done, and its run's span has ended", () =>
      Promise.resolve(
        done.includes(text) && spans.getFinishedSpans().some(({ name }) => name === "test.note"),
      ),
    );
    const all = spans.getFinishedSpans();
    const asked = all.find(({ name }) => name === `asking for ${text}`)?.spanContext().traceId;
    const told = all.filter((span) => span.spanContext().traceId === asked);
    return told.map(({ name }) => name).sort();
  };
  expect(await schedule("well")).toEqual(["asking for well", "scheduled test.note via docket", "test.note"]);
  await redis.stop();
  const badly = await schedule("badly");
  expect(badly).toContain(FALLING_BACK);
  expect(badly.filter((name) => name === FALLING_BACK)).toHaveLength(1);
  expect(badly).toContain("scheduled test.note in process");
  expect(badly).not.toContain("scheduled test.note via docket");
  const [failure] = spans.getFinishedSpans().filter(({ name }) => name === FALLING_BACK);
  expect(failure?.events[0]?.attributes).toMatchObject({ "exception.type": "StoreUnavailable" });
  await redis.restart();
}, 60_000);
