import type { Comment } from "../api/answers.js";
import { wordsFor, type WriteWords } from "../likes/write-words.js";

/** As the lexicon counts: bytes of UTF-8. */
const LONGEST = 1_000;

/** What stands under one's own comment about its record; null: nothing. */
export function wordsAbout({ write, removed }: Comment): WriteWords | null {
  return wordsFor({ liked: !removed, write, sending: false, removed: false, trouble: null, unheard: false });
}

/** Why a text can't be a comment, for the person to read; null: it can. */
export function textFault(text: string): string | null {
  if (text.trim() === "") return "Say something first.";
  const over = new TextEncoder().encode(text).length - LONGEST;
  if (over <= 0) return null;
  return `Too long by ${String(over)} ${over === 1 ? "byte" : "bytes"}: a comment has 1000, and most letters take one.`;
}
