import { account } from "./account.js";
import { comments } from "./comments.js";
import type { Endpoint } from "./endpoint.js";
import { exports } from "./exports.js";
import { likes } from "./likes.js";
import { lists } from "./lists.js";
import { operators } from "./operators.js";
import { people } from "./people.js";
import { plays } from "./plays.js";
import { tracks } from "./tracks.js";

/** Every route of the service, each once. */
export const endpoints: readonly Endpoint[] = [
  ...people,
  ...account,
  ...tracks,
  ...likes,
  ...comments,
  ...lists,
  ...plays,
  ...exports,
  ...operators,
];

export function methodOf({ route }: Endpoint): string {
  return route.slice(0, route.indexOf(" "));
}
