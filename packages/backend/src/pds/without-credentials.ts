/** JSON Web Tokens (RFC 7519: access tokens, DPoP proofs) and what follows the name of an HTTP authentication scheme (RFC 9110). */
const CREDENTIAL = /\beyJ[\w-]{8,}(\.[\w-]*)*|\b(Bearer|DPoP|Basic)\s+[\w.~+/=-]{8,}/gi;

/** What a server says of a refusal may repeat what it was sent; it is kept and shown, so credentials in it are not. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIAL, "[credential]");
}
