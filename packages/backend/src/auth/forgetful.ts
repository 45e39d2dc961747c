import type { DidCache, HandleCache } from "@atproto/oauth-client-node";

/**
 * In place of where the OAuth client keeps who is where, by its default for an hour: for so long a person who has moved could not
 * sign in at their new PDS. Sign-ins are rare enough to ask each time.
 */
export function forgetful(): DidCache & HandleCache {
  return { get: () => undefined, set: () => undefined, del: () => undefined };
}
