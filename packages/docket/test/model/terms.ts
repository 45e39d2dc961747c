import type { Door, Limit } from "../../src/store/store.js";

export const LIMITS: Readonly<Record<string, Omit<Limit, "task">>> = {
  one: { most: 1, key: "" },
  two: { most: 2, key: "k\ty %" },
};
export const DOORS: Readonly<Record<string, Omit<Door, "task">>> = {
  rate: { kind: "rate", limit: 2, perMs: 300_000, of: "g\tr %" },
  cooldown: { kind: "cooldown", limit: 1, perMs: 5_000, of: "" },
};

/** By their names; none where they are empty. */
interface Named {
  readonly name: string;
  readonly limit: string;
  readonly doors: readonly string[];
}

export function limitOf({ name, limit }: Pick<Named, "name" | "limit">): Limit | undefined {
  const given = LIMITS[limit];
  return given && { ...given, task: name };
}

export function doorsOf({ name, doors }: Pick<Named, "name" | "doors">): readonly Door[] {
  return doors.flatMap((door) => (DOORS[door] === undefined ? [] : [{ ...DOORS[door], task: name }]));
}
