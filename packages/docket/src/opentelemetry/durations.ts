import type { Attributes, Counter, Histogram, Meter } from "@opentelemetry/api";

/** As the conventions advise for all durations of messaging, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** How long adds and runs took and how many there were, by the names that the semantic conventions have for them. */
export class Durations {
  readonly #sending: Histogram;
  readonly #sent: Counter;
  readonly #processing: Histogram;
  readonly #consumed: Counter;

  constructor(meter: Meter) {
    const seconds = { unit: "s", advice: { explicitBucketBoundaries: BUCKETS } };
    this.#sending = meter.createHistogram("messaging.client.operation.duration", {
      ...seconds,
      description: "How long it took to add tasks.",
    });
    this.#sent = meter.createCounter("messaging.client.sent.messages", {
      unit: "{message}",
      description: "Tasks that were added, or were to be.",
    });
    this.#processing = meter.createHistogram("messaging.process.duration", {
      ...seconds,
      description: "How long runs took.",
    });
    this.#consumed = meter.createCounter("messaging.client.consumed.messages", {
      unit: "{message}",
      description: "Deliveries of tasks to handlers.",
    });
  }

  sent(about: Attributes, count: number, ms: number): void {
    this.#sending.record(ms / 1_000, about);
    this.#sent.add(count, about);
  }

  processed(about: Attributes, ms: number): void {
    this.#processing.record(ms / 1_000, about);
    this.#consumed.add(1, about);
  }
}
