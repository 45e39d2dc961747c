import { startOtlpReceiver, until, xrpc, type OtlpReceiver, type ReceivedSpan } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setStage, type Stage } from "../promise/stage.js";

let stage: Stage;
let receiver: OtlpReceiver;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  stage = await setStage({ tracks: 1 });
}, 90_000);
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

test("one trace from POST /tracks/{id}/like to the PDS's answer, over two processes and a retry, whole, at an OTLP receiver", async () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20write-token",
  };
  const api = await stage.serve("api", undefined, env);
  await stage.serve("worker", undefined, env);
  const browser = await stage.signIn(api);
  const put = xrpc("com.atproto.repo.putRecord");
  stage.gate.answer(put, { status: 500, body: "oops" }, { times: 1 });
  await browser.post(`/tracks/${String(stage.tracks[0]?.id)}/like`);
  await stage.agreed(browser, { within: 60_000 });

  const begin = (): ReceivedSpan | undefined =>
    receiver.spans.find(({ name }) => name === "POST /tracks/:id/like");
  const ofTrace = (): ReceivedSpan[] => receiver.spans.filter(({ traceId }) => traceId === begin()?.traceId);
  const ranTo = (): unknown[] =>
    ofTrace().flatMap(({ name, attributes }) => (name === "PDS like" ? [attributes["plyr.outcome"]] : []));
  // Each process sends its own, in its own time.
  await until(
    "the spans of the first run and of the last have come, and what is below them",
    () =>
      ranTo().length > 1 &&
      ranTo().includes("done") &&
      ofTrace().some(({ attributes }) => attributes["http.response.status_code"] === 500) &&
      begin() !== undefined &&
      orphansOf(ofTrace()).length === 0,
    { within: 20_000 },
  );
  const whole = ofTrace();
  expect(orphansOf(whole)).toEqual([]);
  expect(whole.filter(({ parentSpanId }) => parentSpanId === "")).toEqual([begin()]);
  expect(new Set(whole.map(({ service }) => service)).size).toBe(2);

  const handedOver = whole.find(({ name }) => name === "scheduled PDS like via docket");
  expect(handedOver).toMatchObject({ parentSpanId: begin()?.spanId, service: begin()?.service });
  const runs = whole
    .filter(({ name }) => name === "PDS like")
    .sort((left, right) => Number(left.startTimeUnixNano - right.startTimeUnixNano));
  expect(runs.length).toBeGreaterThanOrEqual(2);
  expect(runs[0]?.parentSpanId).toBe(handedOver?.spanId);
  expect(runs[0]?.service).not.toBe(begin()?.service);
  for (const { attributes, kind } of runs) {
    expect(kind).toBe("SPAN_KIND_CONSUMER");
    expect(attributes).toMatchObject({ "plyr.did": stage.listener, "plyr.task": "pds.record.write" });
  }
  // A queue that asks while another has the subject is put off, so the last to begin need not be the one that ends it.
  expect(runs[0]?.attributes["plyr.outcome"]).not.toBe("done");
  expect(ranTo()).toContain("done");
  const calls = whole.filter(
    ({ attributes }) => attributes["url.path"] === "/xrpc/com.atproto.repo.putRecord",
  );
  const statuses = calls.map(({ attributes }) => attributes["http.response.status_code"]);
  expect(statuses).toContain(500);
  expect(statuses).toContain(200);
  expect(whole.some(({ attributes }) => attributes["db.system.name"] === "postgresql")).toBe(true);
  const toRedis = whole.filter(({ attributes }) => attributes["db.system.name"] === "redis");
  expect(toRedis.map(({ parentSpanId }) => parentSpanId)).toContain(handedOver?.spanId);
  expect(new Set(receiver.authorizations)).toEqual(new Set(["Bearer write-token"]));

  if (stage.db === undefined) throw new Error("this test looks into Postgres");
  const { rows } = await sql<{ span_name: string }>`
    select span_name from records where trace_id = ${begin()?.traceId ?? ""} and did = ${stage.listener}
  `.execute(stage.db);
  expect(rows.map(({ span_name }) => span_name)).toContain("scheduled PDS like via docket");
}, 120_000);

/** Names of spans that say that they are below one that isn't there. */
function orphansOf(spans: readonly ReceivedSpan[]): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.flatMap(({ name, parentSpanId }) =>
    parentSpanId === "" || ids.has(parentSpanId) ? [] : [name],
  );
}
