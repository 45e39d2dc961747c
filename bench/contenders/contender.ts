/** An engine as the throughput measurements see it. A peer is one file that exports one of these. */
export interface Contender {
  readonly name: string;
  /** What its speed depends on: "ioredis 6.0.0". */
  builtOn(): string;
  /**
   * @param queue a name that nobody has used on this Redis
   * @param handle runs each task; the task is done when it resolves
   */
  open(url: string, queue: string, handle: (n: number) => Promise<void>): Promise<Queue>;
}

export interface Queue {
  /** Resolves once Redis has it. */
  add(n: number): Promise<void>;
  addBulk(ns: readonly number[]): Promise<void>;
  /** Starts one worker in this process; resolves when it claims. Returns how to stop it once it has nothing to do. */
  work(concurrency: number): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
