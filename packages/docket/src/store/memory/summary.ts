import type { Snapshot } from "../sight.js";
import { tally, type Shelf } from "./shelf.js";

export type Summary = Omit<Snapshot, "now" | "workers" | "lastWorkerAt" | "nextAt">;

/** What is on the shelf, and beside it, in numbers. */
export function summaryOf(shelf: Shelf, dead: number, counts: ReadonlyMap<string, number>): Summary {
  return {
    waiting: shelf.at("ready").size,
    blocked: shelf.at("blocked").size,
    delayed: shelf.at("scheduled").size,
    held: shelf.at("held").size,
    running: shelf.at("leased").size,
    dead,
    aside: tally(shelf.at("aside")),
    tasks: tally(shelf.all()),
    oldestWaitingAt: oldest(shelf),
    counts: Object.fromEntries(counts),
  };
}

function oldest(shelf: Shelf): number | undefined {
  const heads = shelf.heads();
  return heads.length === 0 ? undefined : Math.min(...heads.map(({ stored }) => stored.addedAt));
}
