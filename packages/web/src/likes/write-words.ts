import type { LikeView } from "./like-flow.js";

/** How a line reads: something is moving, done, held up, up to the person, or gone wrong. */
export type Tone = "busy" | "done" | "held" | "yours" | "wrong";

export interface WriteWords {
  tone: Tone;
  text: string;
  /** Address of the record, when it is there. */
  uri: string | null;
  /** ISO 8601, when how long it has been so is worth knowing. */
  since: string | null;
}

/** What stands next to the heart; null: nothing. */
export function wordsFor(view: LikeView): WriteWords | null {
  if (view.sending) return words("busy", "sending…");
  if (view.trouble !== null) return words("wrong", view.trouble);
  if (view.removed) return words("done", "removed from your PDS");
  if (view.write === null) return null;

  const { state, uri, reason, since } = view.write;
  const stale = view.unheard ? " (plyr doesn’t answer, asking again)" : "";
  switch (state) {
    case "writing":
      return words("busy", (view.liked ? "writing…" : "removing…") + stale);
    case "waiting":
      return { ...words("held", `waiting: ${reason ?? "your PDS can’t be reached"}${stale}`), since };
    case "needs-sign-in":
      return { ...words("yours", "sign in again to finish"), since };
    case "confirmed":
      return view.liked ? { ...words("done", "on your PDS"), uri } : null;
    case "failed": {
      const outcome = view.liked ? "not on your PDS" : "not removed from your PDS";
      return words("wrong", `${outcome}: ${reason ?? "no reason was given"}`);
    }
  }
}

function words(tone: Tone, text: string): WriteWords {
  return { tone, text, uri: null, since: null };
}
