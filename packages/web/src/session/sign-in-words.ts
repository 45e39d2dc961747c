/**
 * Why a sign-in came back without success, in words.
 *
 * The address bar carries a code, never the words themselves: what stands in a link must not be able to speak
 * in this page's name.
 *
 * @param search the page's query string
 * @returns null when no sign-in failed
 */
export function signInTrouble(search: string): string | null {
  const code = new URLSearchParams(search).get("signInError");
  if (code === null) return null;
  switch (code) {
    case "access_denied":
      return "You declined the sign-in at your PDS. Nothing was changed.";
    case "refused":
      return "Your PDS did not complete the sign-in. Try again.";
    case "scope_narrowed":
      return "Your PDS granted less than plyr needs to write your likes, so you were not signed in.";
    case "expired":
      return "That sign-in took too long or was finished already. Start again.";
    case "being_deleted":
      return "Your account here is being deleted. This sign-in lets that go on; nothing else is needed.";
    case "unreachable":
      return "Your PDS could not be reached to finish the sign-in. Try again in a moment.";
    default:
      return "The sign-in did not work. Try again.";
  }
}

/** A handle as people paste it: without the @, blanks, or the invisible marks that come along when copying. */
export function tidyHandle(typed: string): string {
  return typed.replace(/[\s\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, "").replace(/^@/u, "");
}
