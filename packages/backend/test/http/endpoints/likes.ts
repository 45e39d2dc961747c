import { signedIn, type Endpoint } from "./endpoint.js";

export const likes: readonly Endpoint[] = ["GET", "POST", "DELETE"].map((method) => ({
  route: `${method} /tracks/:id/like`,
  answers: signedIn(200),
  ask: async (world) => ({ path: `/tracks/${String(await world.track())}/like` }),
}));
