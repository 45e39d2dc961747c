import { readdirSync } from "node:fs";
import { join } from "node:path";

const GAMES = "/usr/share/games";

/** Where `npm test` has apt put it; see `scripts/machine.js`. */
const FOLDERS = [
  "a7xpg/sounds",
  "gunroar/sounds/musics",
  "mu-cade/sounds/musics",
  "parsec47/sounds",
  "rrootage/sounds",
  "titanion/sounds/musics",
  "torus-trooper/sounds/musics",
  "val-and-rick/sounds/musics",
];

/**
 * Real music under a free licence, from Debian's packages: 27 pieces of 25 to 90 s by one composer, which is what is
 * hardest to tell apart. Absolute paths, always in the same order.
 *
 * @throws when it is not installed
 */
export function findMusic(): string[] {
  return FOLDERS.flatMap((folder) => {
    const names = readdirSync(join(GAMES, folder)).filter((name) => name.endsWith(".ogg"));
    return names.sort().map((name) => join(GAMES, folder, name));
  });
}
