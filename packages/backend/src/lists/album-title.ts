import { BadWords, demandTitle } from "../tracks/words.js";

/** As the list's lexicon counts, besides its 256 bytes. */
const MOST_GRAPHEMES = 64;

/** @returns the title, without blanks around it @throws {BadWords} */
export function demandAlbumTitle(text: string): string {
  const title = demandTitle(text);
  const graphemes = [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(title)].length;
  if (graphemes > MOST_GRAPHEMES) {
    throw new BadWords(
      "title",
      `The title is too long: at most ${String(MOST_GRAPHEMES)} characters are allowed`,
    );
  }
  return title;
}

/** The title as it may stand in an address: letters and digits of any script, and dashes. */
export function slugOf(title: string): string {
  const plain = title.normalize("NFKC").toLowerCase();
  const slug = plain.replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, "-").replaceAll(/^-|-$/g, "");
  // Some titles are signs alone.
  return slug === "" ? plain : slug;
}
