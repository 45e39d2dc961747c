import { comments } from "./comments.js";
import type { Endpoint } from "./endpoint.js";
import { likes } from "./likes.js";
import { lists } from "./lists.js";
import { operators } from "./operators.js";
import { people } from "./people.js";
import { tracks } from "./tracks.js";

/** Every route of the service, each once. */
export const endpoints: readonly Endpoint[] = [
  ...people,
  ...tracks,
  ...likes,
  ...comments,
  ...lists,
  ...operators,
];

export function methodOf({ route }: Endpoint): string {
  return route.slice(0, route.indexOf(" "));
}
