import type { Batching } from "../../src/store/batching.js";
import type { Door, Group, Limit } from "../../src/store/store.js";

export const LIMITS: Readonly<Record<string, Omit<Limit, "task">>> = {
  one: { most: 1, key: "" },
  two: { most: 2, key: "k\ty %" },
};
export const DOORS: Readonly<Record<string, Omit<Door, "task">>> = {
  rate: { kind: "rate", limit: 2, perMs: 300_000, of: "g\tr %" },
  cooldown: { kind: "cooldown", limit: 1, perMs: 5_000, of: "" },
};

/** Two of them for the same tasks, as when their definition has changed. */
export const BATCHES: Readonly<Record<string, Omit<Batching, "task">>> = {
  pair: { most: 2, withinMs: 8_000, of: "" },
  wide: { most: 3, withinMs: 500, of: "" },
  three: { most: 3, withinMs: 20_000, of: "b\ty %" },
};

/** By their names; none where they are empty. */
interface Named {
  readonly name: string;
  readonly limit: string;
  readonly doors: readonly string[];
  readonly batch: string;
}

export function limitOf({ name, limit }: Pick<Named, "name" | "limit">): Limit | undefined {
  const given = LIMITS[limit];
  return given && { ...given, task: name };
}

export function doorsOf({ name, doors }: Pick<Named, "name" | "doors">): readonly Door[] {
  return doors.flatMap((door) => (DOORS[door] === undefined ? [] : [{ ...DOORS[door], task: name }]));
}

/** What keeps no order, has no limit and waits for no rate: the others can't have a batch. */
export function batchOf(
  { name, batch, limit }: Pick<Named, "name" | "batch" | "limit">,
  serial: string,
  group: Group | undefined,
): Batching | undefined {
  const given = BATCHES[batch];
  if (given === undefined || serial !== "" || limit !== "" || group?.rate !== undefined) return undefined;
  return { ...given, task: name };
}
