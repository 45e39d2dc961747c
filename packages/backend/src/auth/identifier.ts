import { ensureValidDid, ensureValidHandle } from "@atproto/syntax";

/** What was typed can't be a handle or a DID. */
export class NotAnIdentifier extends Error {
  override readonly name = "NotAnIdentifier";
}

/**
 * A handle or DID as people type it (spaces around it, an `@` before it, capitals) as the network knows it.
 *
 * @throws {NotAnIdentifier} with words for whoever typed it
 */
export function parseIdentifier(typed: string): string {
  const text = typed.trim().replace(/^@/, "");
  try {
    if (text.startsWith("did:")) {
      ensureValidDid(text);
      return text;
    }
    const handle = text.toLowerCase();
    ensureValidHandle(handle);
    return handle;
  } catch (cause) {
    const shown = text === "" ? "Nothing" : JSON.stringify(text.slice(0, 80));
    throw new NotAnIdentifier(`${shown} is not a handle: enter one such as ana.example.com`, { cause });
  }
}
