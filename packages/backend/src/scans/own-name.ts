/** Shorter slugs are in too many names to mean anything. */
const SHORTEST = 4;

/**
 * Whether a work goes by the name of whoever uploaded it: the slug of one name contains the other's, both at least four
 * characters long.
 */
export function isOwnName(artist: string, names: readonly string[]): boolean {
  const of = slug(artist);
  if (of.length < SHORTEST) return false;
  return names.map(slug).some((name) => name.length >= SHORTEST && (name.includes(of) || of.includes(name)));
}

/** Letters and digits of any script, without accents and case. */
function slug(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "");
}
