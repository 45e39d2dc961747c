import { keepComments } from "../comments/keep-comments.js";
import { keepLikes } from "../likes/keep-likes.js";
import { keepLists } from "../lists/keep-lists.js";
import { collectionsOf } from "../records/collections.js";
import { keepTracks } from "../tracks/keep-tracks.js";
import { carryOnAlone, type Keeper } from "./keeper.js";

/** Every domain that has records, once. */
const all: readonly Keeper[] = [keepTracks, keepLikes, keepComments, keepLists];

/** What has no domain (any more): its record is all there is of it. */
const nobody: Omit<Keeper, "collection"> = {
  carryOn: (_tx, schedule, record) => carryOnAlone(schedule, record),
  letGo: (_tx, schedule, record) => carryOnAlone(schedule, record),
  adopt: () => Promise.resolve(),
  unclaimed: () => Promise.resolve([]),
};

/** Finds who keeps the records of a collection. */
export type Keepers = (collection: string) => Omit<Keeper, "collection">;

/** @param namespace of our collections, as in `fm.plyr` */
export function keepersOf(namespace: string): Keepers {
  const collections = collectionsOf(namespace);
  const byCollection = new Map(all.map((keeper) => [keeper.collection(collections), keeper]));
  return (collection) => byCollection.get(collection) ?? nobody;
}
