import type { EndedTask, Ending, EndsAsked, EndsFound } from "../history.js";
import type { Kept } from "../retention.js";
import type { Stored } from "../store.js";
import { inTimeOrder } from "./order.js";
import type { Entry } from "./shelf.js";

/** How tasks ended, for those who ask later; nothing where none is to be kept. */
export class History {
  readonly #kept: Kept | undefined;
  readonly #ended = new Map<string, EndedTask>();

  constructor(kept: Kept | undefined) {
    this.#kept = kept;
  }

  /** @param error the message of what it died of */
  note(entry: Entry, ended: Ending, now: number, error: string | undefined): void {
    const { id, stored, attempt, delivery, place } = entry;
    const run = place.kind === "leased" ? place : undefined;
    const { since: startedAt, worker } = run ?? { since: undefined, worker: undefined };
    const attempts = run === undefined ? attempt - 1 : attempt;
    const ran = { startedAt, attempts, deliveries: delivery, worker };
    this.#put({ ...tied(id, stored), ...ran, ended, endedAt: now, error });
  }

  /** Its dead letter was thrown away: its death, where that is still told of, becomes this. */
  discarded(id: string, stored: Stored | undefined, deliveries: number, now: number): void {
    const unknown = { startedAt: undefined, attempts: undefined, worker: undefined, error: undefined };
    const death = this.#ended.get(id) ?? { ...tied(id, stored), ...unknown, deliveries };
    this.#put({ ...death, ended: "discarded", endedAt: now });
  }

  /** How it ended, where that is kept and not too old. */
  of(id: string, now: number): Ending | undefined {
    const found = this.#ended.get(id);
    return found !== undefined && this.#isKept(found, now) ? found.ended : undefined;
  }

  find({ most, before, id, task, key, ended }: EndsAsked, now: number): EndsFound {
    const all = [...this.#ended.values()].map((entry) => ({ entry }));
    const newest = inTimeOrder(all, ({ entry }) => entry.endedAt).toReversed();
    const meant = newest
      .map(({ entry }) => entry)
      .filter((one) => this.#isKept(one, now))
      .filter((one) => isBehind(one, before))
      .filter((one) => id === undefined || one.id === id)
      .filter((one) => task === undefined || one.task === task)
      .filter((one) => key === undefined || one.key === key)
      .filter((one) => ended === undefined || one.ended === ended);
    const last = meant.length > most ? meant[most - 1] : undefined;
    return { ended: meant.slice(0, most), next: last && { endedAt: last.endedAt, id: last.id } };
  }

  #isKept({ endedAt }: EndedTask, now: number): boolean {
    return endedAt > now - (this.#kept?.keepMs ?? 0);
  }

  #put(ended: EndedTask): void {
    if (this.#kept === undefined) return;
    this.#ended.delete(ended.id);
    this.#ended.set(ended.id, ended);
    for (const [old, one] of this.#ended) {
      if (this.#isKept(one, ended.endedAt) && this.#ended.size <= this.#kept.most) break;
      this.#ended.delete(old);
    }
  }
}

function tied(
  id: string,
  stored: Stored | undefined,
): Pick<EndedTask, "id" | "task" | "version" | "key" | "addedAt"> {
  return {
    id,
    task: stored?.name,
    version: stored === undefined ? undefined : (stored.version ?? 1),
    key: stored?.key === "" ? undefined : stored?.key,
    addedAt: stored?.addedAt,
  };
}

function isBehind(one: EndedTask, before: EndsAsked["before"]): boolean {
  if (before === undefined || one.endedAt < before.endedAt) return true;
  return one.endedAt === before.endedAt && before.id !== undefined && one.id < before.id;
}
