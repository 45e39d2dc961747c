import type { Write } from "../api/answers.js";
import { wordsFor, type WriteWords } from "../likes/write-words.js";

/** What stands beside one's own list about its record; null: nothing. @param removed it was deleted */
export function listWords(write: Write, removed: boolean): WriteWords | null {
  return wordsFor({ liked: !removed, write, sending: false, removed: false, trouble: null, unheard: false });
}
