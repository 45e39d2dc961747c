/** What a record's field may hold, in bytes of UTF-8, as its lexicon counts. */
export const TITLE_BYTES = 256;
export const DESCRIPTION_BYTES = 5_000;

/** A text that a person gave can't be taken as it is. The message is for them. */
export class BadWords extends Error {
  override readonly name = "BadWords";
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** @returns the title, without blanks around it @throws {BadWords} */
export function demandTitle(text: string): string {
  const title = demandPlain("title", text, TITLE_BYTES, /[\p{Cc}\u2028\u2029]/u).trim();
  if (title === "") throw new BadWords("title", "The title is empty: 1 to 256 bytes are allowed");
  return title;
}

/** @returns null when it is empty @throws {BadWords} */
export function demandDescription(text: string): string | null {
  // Forms end lines their own way. Lines and tabs are text here.
  const lines = text.replaceAll("\r\n", "\n");
  const description = demandPlain("description", lines, DESCRIPTION_BYTES, /[^\P{Cc}\n\t]/u).trim();
  return description === "" ? null : description;
}

function demandPlain(field: string, text: string, most: number, forbidden: RegExp): string {
  if (!text.isWellFormed() || forbidden.test(text)) {
    throw new BadWords(field, `The ${field} holds characters that are not text`);
  }
  if (Buffer.byteLength(text) > most) {
    throw new BadWords(field, `The ${field} is too long: at most ${String(most)} bytes are allowed`);
  }
  return text;
}

/** A title where nobody gave one: from the tags, else from the file's name, else a word. Never refused, but tidied. */
export function titleFrom(tag: string | null, fileName: string | null): string {
  const name = (fileName ?? "").replace(/^.*[/\\]/s, "").replace(/\.[A-Za-z0-9]{1,5}$/, "");
  return tidy(tag ?? "") || tidy(name) || "Untitled";
}

function tidy(text: string): string {
  let tidied = "";
  for (const character of text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()) {
    if (Buffer.byteLength(tidied) + Buffer.byteLength(character) > TITLE_BYTES) break;
    tidied += character;
  }
  return tidied.trim();
}
