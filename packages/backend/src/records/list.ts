import type { RecordContent } from "../database/schema.js";
import type { StrongRef } from "./like.js";

/** As many items as a list's lexicon allows. */
export const MOST_ITEMS = 500;

export interface ListFacts {
  readonly name: string;
  readonly listType: "album" | "liked";
  /** In their order, at most `MOST_ITEMS`. */
  readonly items: readonly StrongRef[];
  readonly createdAt: Date;
  /** Null: what it says is what it said from the beginning. */
  readonly updatedAt: Date | null;
}

/** The content of a list record. */
export function listRecord(collection: string, facts: ListFacts): RecordContent {
  return {
    $type: collection,
    name: facts.name,
    listType: facts.listType,
    items: facts.items.map(({ uri, cid }) => ({ subject: { uri, cid } })),
    createdAt: facts.createdAt.toISOString(),
    ...(facts.updatedAt === null ? {} : { updatedAt: facts.updatedAt.toISOString() }),
  };
}
