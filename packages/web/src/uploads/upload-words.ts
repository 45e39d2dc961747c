import type { UploadProgress } from "../api/answers.js";
import type { Tone } from "../likes/write-words.js";

/** What stands below the upload form. */
export interface UploadWords {
  tone: Tone;
  text: string;
}

/** Of a file that is still leaving. @param part 0 to 1 */
export function sendingWords(part: number): UploadWords {
  if (part >= 1) return { tone: "busy", text: "looking at it…" };
  return { tone: "busy", text: `uploading… ${String(Math.floor(part * 100))} %` };
}

/** Of a file that has arrived. */
export function progressWords({ phase, title, reason, bytes, write }: UploadProgress): UploadWords {
  if (phase === "failed") return { tone: "wrong", text: `“${title}”: ${reason ?? "it failed"}` };
  if (phase === "done") {
    const extra = reason === null ? "" : ` ${reason}`;
    return { tone: "done", text: `“${title}” is on your PDS.${extra}` };
  }
  if (write?.state === "needs-sign-in") return { tone: "yours", text: `“${title}”: sign in again to finish` };
  if (write?.state === "waiting")
    return { tone: "held", text: `“${title}” waits: ${reason ?? "your PDS is away"}` };
  if (phase === "sending" && bytes.size !== null && bytes.sent > 0) {
    const part = Math.floor((bytes.sent / bytes.size) * 100);
    return { tone: "busy", text: `“${title}”: sending it to your PDS… ${String(Math.min(part, 100))} %` };
  }
  return { tone: "busy", text: `“${title}”: bringing it to your PDS…` };
}

/** Whether there is more to come. */
export function isOver({ phase }: UploadProgress): boolean {
  return phase === "done" || phase === "failed";
}
