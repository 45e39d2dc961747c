import type { Group } from "../store.js";
import type { Entry } from "./shelf.js";

export function pauseGate(group: string): string {
  return `pause\t${group}`;
}

export function rateGate({ stored }: Entry, { name }: Group): string {
  return `rate\t${stored.name}\t${name}`;
}

export interface Limiting {
  readonly gate: string;
  readonly most: number;
}

export function limitGate({ terms }: Entry): Limiting | undefined {
  const { limit } = terms;
  return limit && { gate: `limit\t${limit.task}\t${limit.key}`, most: limit.most };
}
