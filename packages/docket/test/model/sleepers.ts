import type { Redis } from "ioredis";
import { expect } from "vitest";
import type { Claim, Message } from "../../src/store/store.js";
import type { Desk } from "../desk.js";
import { handOut } from "./hand-out.js";
import { messagesOf } from "./inboxes.js";
import type { Model } from "./model.js";

/** So long after it was to wake, a worker that hasn't is taken for gone. */
const PATIENCE_MS = 5_000;

/** The workers' side of their inboxes: what reaches them, and when they will come by themselves. */
export class Sleepers {
  readonly #desk: Desk;
  readonly #model: Model;
  readonly #redis: Redis | undefined;
  readonly #wakes = new Map<string, number>();

  constructor(desk: Desk, model: Model, redis: Redis | undefined) {
    this.#desk = desk;
    this.#model = model;
    this.#redis = redis;
  }

  gone(worker: string): void {
    this.#wakes.delete(worker);
  }

  /** It has been told when to come again. */
  rests(worker: string, ms: number): void {
    this.#wakes.set(worker, this.#model.now + ms);
  }

  /** All read their messages at once; returns what each was given, once the model has agreed. */
  async hear(): Promise<Map<string, readonly Claim[]>> {
    const workers = [...this.#model.workers.keys()];
    const heard = new Map<string, readonly Claim[]>();
    await Promise.all(
      workers.map(async (worker) => {
        const messages = await messagesOf(this.#desk, worker, this.#redis);
        heard.set(
          worker,
          messages.flatMap((message) => this.#take(worker, message)),
        );
      }),
    );
    const { held, aside } = await this.#desk.store.snapshot();
    const laid = Object.values(aside).reduce((sum, count) => sum + count, 0);
    expect(heard).toEqual(handOut(this.#model, heard, { held, aside: laid }));
    this.#expectWatched();
    return heard;
  }

  #take(worker: string, message: Message): Claim[] {
    const { now } = this.#model;
    const wake = (at: number): void => {
      this.#wakes.set(worker, Math.min(this.#wakes.get(worker) ?? at, at));
    };
    if (message.kind === "look") wake(now + message.ms);
    if (message.kind === "task" && message.more) wake(now);
    return message.kind === "task" ? [message.claim] : [];
  }

  /** Nobody sleeps while something waits, or past the time at which something falls due. */
  #expectWatched(): void {
    const { now, line, tasks, workers, gates } = this.#model;
    const asleep = [...workers].flatMap(([worker, { asleep: rest }]) =>
      rest !== undefined && rest.free > 0 ? [this.#wakes.get(worker) ?? now] : [],
    );
    if (asleep.every((wakes) => wakes < now - PATIENCE_MS)) return;
    const due = [...tasks.values()].map(({ place }) => (place.in === "schedule" ? place.at : Infinity));
    const event = line.length > 0 ? now : Math.max(now, Math.min(...due, ...gates.shut.values()));
    const first = Math.min(...asleep);
    expect(first, "when the first worker wakes").toBeLessThanOrEqual(event);
  }
}
