/** What every task of a measurement carries. */
export interface Payload {
  readonly n: number;
  /** To make it as long as the measurement wants it. */
  readonly text?: string;
}

/** What a queue is opened for. Where an engine's documents advise otherwise for the one than for the other, both are followed. */
export type Purpose = "throughput" | "latency";

export interface Opening {
  readonly url: string;
  /** A name that nobody has used there. */
  readonly queue: string;
  readonly purpose: Purpose;
  /** Runs each task, which is done when it resolves. */
  readonly handle: (n: number) => Promise<void>;
}

/** An engine as the measurements see it: one file each. */
export interface Contender {
  readonly name: string;
  readonly store: "redis" | "postgres";
  /** What its speed depends on: "ioredis 6.0.0". */
  builtOn(): string;
  open(opening: Opening): Promise<Queue>;
}

export interface Queue {
  /** Resolves once the store has it. */
  add(payload: Payload): Promise<void>;
  /** In the fewest calls that the engine's interface has for it. */
  addBulk(payloads: readonly Payload[]): Promise<void>;
  /** Starts one worker in this process; resolves when it claims. Returns how to stop it once it has nothing to do. */
  work(concurrency: number): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Tasks 0 to `count` - 1. */
export function payloads(count: number): Payload[] {
  return Array.from({ length: count }, (_, n) => ({ n }));
}
