export interface ModelWorker {
  readonly tasks: readonly string[];
  seenAt: number;
  aliveUntil: number;
  /** Free slots while it sleeps. */
  asleep: { free: number; readonly leaseMs: number } | undefined;
}

const HOUR = 3_600_000;

/** Who is there, and until when that is believed. */
export class ModelWorkers extends Map<string, ModelWorker> {
  hello(worker: string, tasks: readonly string[], now: number): void {
    for (const [name, { aliveUntil }] of this) if (aliveUntil <= now - HOUR) this.delete(name);
    this.set(worker, { tasks, seenAt: now, aliveUntil: now + 15_000, asleep: undefined });
  }

  renews(worker: string, leaseMs: number, now: number): void {
    const present = this.get(worker);
    if (present === undefined) return;
    present.aliveUntil = Math.max(present.aliveUntil, now + leaseMs);
    present.seenAt = now;
  }

  /** It has come, and sleeps now if it may and has room. */
  came(
    worker: string,
    rest: { sleepMs: number; leaseMs: number; free: number; wakes: number },
    now: number,
  ): void {
    const present = this.get(worker);
    if (present === undefined) return;
    const { sleepMs, leaseMs, free, wakes } = rest;
    present.asleep = sleepMs > 0 && free > 0 ? { free, leaseMs } : undefined;
    if (sleepMs === 0) return;
    present.aliveUntil = wakes + Math.min(15_000, sleepMs);
    present.seenAt = now;
  }
}
