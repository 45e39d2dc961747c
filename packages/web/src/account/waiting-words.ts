import type { WaitingWrite } from "../api/account-answers.js";

/** What a waiting write is, in words. */
export function whatWaits({ kind, action, track, text }: WaitingWrite): string {
  const of = track === null ? "a track" : `“${track.title}”`;
  const said = text === null ? "" : `: ${text}`;
  switch (`${kind} ${action}`) {
    case "like add":
      return `your like of ${of}`;
    case "like remove":
      return `taking back your like of ${of}`;
    case "comment add":
      return `your comment on ${of}${said}`;
    case "comment change":
      return `the new words of your comment on ${of}${said}`;
    case "comment remove":
      return `removing your comment on ${of}`;
    case "track add":
      return `your track ${of}`;
    case "track change":
      return `the changes of your track ${of}`;
    case "track remove":
      return `deleting your track ${of}`;
    case "play add":
      return `your play of ${of}`;
    case "list add":
    case "list change":
      return text === null ? "a list" : `your list “${text}”`;
    case "list remove":
      return text === null ? "removing a list" : `removing your list “${text}”`;
    default:
      return action === "remove" ? "removing a record" : "a record";
  }
}

/** Why it waits, in words. */
export function whyItWaits({ write }: WaitingWrite): string {
  switch (write.state) {
    case "needs-sign-in":
      return "sign in again to finish";
    case "waiting":
      return write.reason ?? "your PDS can’t be reached";
    default:
      return "being written";
  }
}

/** Whether there is a way back. */
export function canBeCancelled({ kind, action }: WaitingWrite): boolean {
  if (action === "remove") return kind === "like" || kind === "comment";
  return ["like", "comment", "track", "play"].includes(kind);
}
