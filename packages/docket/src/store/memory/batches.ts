import type { Batching } from "../batching.js";
import type { Entry, Shelf } from "./shelf.js";

/** Whoever gathers does so at once; after so long nobody will. */
const GATHER_MS = 5_000;
/** What was lost with so many workers in a row runs alone: it may be what ends them. */
const ALONE_FROM = 2;

interface Leader {
  readonly entry: Entry;
  /** Until when its others are to be gathered; undefined while it waits for its claim. */
  until: number | undefined;
}

/** Who leads of those behind the gates of batches: let through, or claimed and about to gather the others. */
export class Batches {
  readonly #shelf: Shelf;
  readonly #leaders = new Map<string, Leader>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Whether it waits for others before it starts. */
  waits(entry: Entry): entry is Entry & { terms: { batch: Batching } } {
    const gate = gateOfBatch(entry);
    if (gate === undefined || entry.lost >= ALONE_FROM) return false;
    return this.#leaders.get(gate)?.entry !== entry;
  }

  /** Until when nobody else is to lead; undefined where nobody does. */
  ledUntil(gate: string, now: number): number | undefined {
    const leader = this.#leaders.get(gate);
    if (leader === undefined) return undefined;
    const { until = Infinity } = leader;
    return until > now ? until : undefined;
  }

  /** The first behind a gate leads. */
  lead(gate: string, entry: Entry): void {
    this.#leaders.set(gate, { entry, until: undefined });
    this.#shelf.put(entry, { kind: "ready" }, true);
  }

  /** Of a leader that is claimed: until when its others are to be gathered. @param others whether some wait */
  claimed(entry: Entry, others: boolean, now: number): number | undefined {
    const gate = gateOfBatch(entry);
    const leader = gate === undefined ? undefined : this.#leaders.get(gate);
    if (gate === undefined || leader?.entry !== entry) return undefined;
    if (!others) this.#leaders.delete(gate);
    leader.until = now + GATHER_MS;
    return leader.until;
  }

  /** The gate where it led until now. */
  leave(entry: Entry): string | undefined {
    const gate = gateOfBatch(entry);
    if (gate === undefined || this.#leaders.get(gate)?.entry !== entry) return undefined;
    this.#leaders.delete(gate);
    return gate;
  }

  /** Nobody leads there any more. */
  over(gate: string): void {
    this.#leaders.delete(gate);
  }
}

export function gateOfBatch({ terms: { batch } }: Entry): string | undefined {
  return batch && `batch\t${batch.task}\t${batch.of}`;
}
