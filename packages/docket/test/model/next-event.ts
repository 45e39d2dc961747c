import type { ModelGates } from "./gates.js";
import type { ModelTask } from "./task.js";

/**
 * When something next falls due, a lease ends, or a gate opens.
 *
 * @param told when the store says so; earlier, perhaps, where places of a limit are to be counted, or it is to be looked
 *   whether the first of a batch still waits for its claim
 */
export function nextEvent(
  { tasks, gates }: { readonly tasks: ReadonlyMap<string, ModelTask>; readonly gates: ModelGates },
  told = Infinity,
): number | undefined {
  const times = [...tasks.values()].map(({ place }) => {
    if (place.in === "schedule") return place.at;
    return place.in === "hands" ? place.lease.until : Infinity;
  });
  const isLookedAt = ([gate, at]: [string, number]): boolean =>
    gate.startsWith("c") || (gate.startsWith("b") && at === Infinity);
  const looks = [...gates.shut].some(isLookedAt) ? told : Infinity;
  const first = Math.min(...times, ...gates.shut.values(), looks);
  return first === Infinity ? undefined : first;
}
