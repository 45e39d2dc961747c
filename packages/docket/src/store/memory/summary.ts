import type { Snapshot } from "../store.js";
import { tally, type Shelf } from "./shelf.js";

export type Summary = Omit<Snapshot, "now" | "workers" | "nextAt">;

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
    oldestWaitingAt: shelf.nextInTurn()?.stored.addedAt,
    counts: Object.fromEntries(counts),
  };
}
