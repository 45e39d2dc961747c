import { jsonToLex } from "@atproto/lex";
import type { RecordContent } from "../database/schema.js";
import { fm } from "../lexicons/index.js";

const lexicons = [
  fm.plyr.track,
  fm.plyr.like,
  fm.plyr.comment,
  fm.plyr.list,
  fm.plyr.actor.profile,
  fm.teal.feed.play,
  fm.teal.actor.status,
];

/** A record that its own lexicon refuses: other services would not read it. */
export class InvalidRecord extends Error {
  override readonly name = "InvalidRecord";

  constructor(collection: string, why: string) {
    super(`a record for ${collection} is not what its lexicon says: ${why}`);
  }
}

/**
 * Holds a record's content against the lexicon of its collection, in whatever namespace the collection is kept.
 *
 * @throws {InvalidRecord} naming the field and what is wrong with it
 */
export function demandValid(collection: string, content: RecordContent): void {
  const lexicon = lexicons.find(({ $nsid }) => collection.endsWith(nameOf($nsid)));
  if (lexicon === undefined) throw new InvalidRecord(collection, "there is no lexicon for it");
  if (content["$type"] !== collection) {
    throw new InvalidRecord(collection, `its $type is ${JSON.stringify(content["$type"])}`);
  }
  const result = lexicon.$safeValidate(jsonToLex({ ...content, $type: lexicon.$nsid }));
  if (!result.success) throw new InvalidRecord(collection, result.reason.message);
}

/** What an NSID says after its authority, as in `.actor.profile`: the same in every namespace. */
function nameOf(nsid: string): string {
  return `.${nsid.split(".").slice(2).join(".")}`;
}
