import type { Pause } from "../sight.js";

/** The groups that are paused. */
export class Pauses {
  readonly #pauses = new Map<string, Pause>();

  set(pause: Pause): void {
    this.#pauses.set(pause.group, pause);
  }

  delete(group: string): void {
    this.#pauses.delete(group);
  }

  all(now: number): Pause[] {
    return [...this.#pauses.values()].filter(({ until }) => until > now);
  }

  /** Undefined when it isn't paused. */
  until(group: string, now: number): number | undefined {
    const pause = this.#pauses.get(group);
    if (pause === undefined || pause.until > now) return pause?.until;
    this.#pauses.delete(group);
    return undefined;
  }
}
