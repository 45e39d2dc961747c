import type { Strike, StrikeName } from "../sight.js";
import type { Stored } from "../store.js";

const MOST = 1_000;

/** What isn't to be started. */
export class Strikes {
  readonly #standing = new Map<string, Omit<Strike, "held">>();

  /** False when too many stand. */
  add(strike: StrikeName, since: number, reason: string): boolean {
    const gate = gateOf(strike);
    if (!this.#standing.has(gate) && this.#standing.size >= MOST) return false;
    this.#standing.set(gate, { ...strike, since, reason });
    return true;
  }

  /** False when it didn't stand. */
  delete(strike: StrikeName): boolean {
    return this.#standing.delete(gateOf(strike));
  }

  all(): Omit<Strike, "held">[] {
    return [...this.#standing.values()];
  }

  /** The gate of the strike that a task falls under. */
  gate({ name, payload }: Stored): string | undefined {
    for (const [gate, { task, where }] of this.#standing)
      if (task === name && (where === "" || matches(payload, where))) return gate;
    return undefined;
  }
}

export function gateOf({ task, where }: StrikeName): string {
  return `strike\t${task}\t${where}`;
}

export function isGateOfStrike(gate: string): boolean {
  return gate.startsWith("strike\t");
}

function matches(payload: string, where: string): boolean {
  const has = fieldsOf(payload);
  return [...fieldsOf(where)].every(([field, value]) => has.get(field) === value);
}

function fieldsOf(json: string): Map<string, unknown> {
  const read: unknown = JSON.parse(json);
  return new Map(typeof read === "object" && read !== null ? Object.entries(read) : []);
}
