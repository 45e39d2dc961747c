import { createServer } from "node:http";
import { createRequire } from "node:module";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { LOOPBACK } from "../network/ports.js";

/** A span as it came, decoded by the protocol's own definitions. */
export type ReceivedSpan = z.output<typeof span> & { readonly service: string };

/** Takes traces over OTLP (HTTP, protobuf), as a collector or Logfire would. */
export interface OtlpReceiver extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** The `authorization` of each request. */
  readonly authorizations: readonly string[];
  /** All that came, as text: to look for what should not have. */
  text(): string;
}

const id = z.string().transform((base64) => Buffer.from(base64, "base64").toString("hex"));
const value = z
  .object({
    stringValue: z.string().optional(),
    intValue: z.union([z.string(), z.number()]).optional(),
    doubleValue: z.number().optional(),
    boolValue: z.boolean().optional(),
  })
  .transform((of) => of.stringValue ?? of.boolValue ?? of.doubleValue ?? Number(of.intValue));
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .default([])
  .transform((list) => Object.fromEntries(list.map((each) => [each.key, each.value])));
const nanoseconds = z.coerce.bigint();
const span = z.object({
  traceId: id,
  spanId: id,
  parentSpanId: id.default(""),
  name: z.string(),
  kind: z.string(),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  events: z.array(z.object({ name: z.string(), attributes })).default([]),
  links: z.array(z.object({ traceId: id })).default([]),
  status: z.object({ code: z.string().optional(), message: z.string().optional() }).optional(),
});
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

/** What is used of the code that OpenTelemetry generates from its protocol's definitions. */
interface Codec {
  decode(bytes: Uint8Array): object;
  toObject(
    message: object,
    options: { longs: StringConstructor; bytes: StringConstructor; enums: StringConstructor },
  ): unknown;
}

/** Its own types name nothing of what is in it. */
function loadCodec(): Codec {
  const loaded: unknown = createRequire(import.meta.url)("otlp-definitions/build/src/generated/root.js");
  const codec = z.custom<Codec>((found) => typeof found === "function" && "decode" in found);
  const v1 = z.object({ v1: z.object({ ExportTraceServiceRequest: codec }) });
  const root = z.object({
    opentelemetry: z.object({ proto: z.object({ collector: z.object({ trace: v1 }) }) }),
  });
  return root.parse(loaded).opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const authorizations: string[] = [];
  const codec = loadCodec();
  let text = "";
  const server = createServer((asked, answer) => {
    void buffer(asked).then((sent) => {
      const body = asked.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
      authorizations.push(asked.headers.authorization ?? "");
      text += body.toString("latin1");
      const decoded = codec.toObject(codec.decode(body), { longs: String, bytes: String, enums: String });
      for (const { resource, scopeSpans } of request.parse(decoded).resourceSpans) {
        const service = String(resource.attributes["service.instance.id"]);
        for (const scope of scopeSpans) spans.push(...scope.spans.map((each) => ({ ...each, service })));
      }
      answer.writeHead(asked.url === "/v1/traces" ? 200 : 404, { "content-type": "application/x-protobuf" });
      answer.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the receiver has no port");
  return {
    url: `http://${LOOPBACK}:${String(address.port)}`,
    spans,
    authorizations,
    text: () => text,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
