import { z } from "zod";
import { everybody, signedIn, type Endpoint } from "./endpoint.js";

const started = z.object({ play: z.object({ id: z.string() }) });

export const plays: readonly Endpoint[] = [
  {
    route: "POST /tracks/:id/play",
    answers: everybody(200),
    ask: async (world) => ({ path: `/tracks/${String(await world.track())}/play` }),
  },
  {
    route: "POST /plays/:id/heard",
    answers: { nobody: 404, another: 404, admin: 404, owner: 200 },
    ask: async (world) => {
      const path = `/tracks/${String(await world.track())}/play`;
      const { id } = (await world.told(started, "POST", path)).play;
      // It is two minutes long.
      const longAgo = new Date(Date.now() - 300_000);
      await world.db.updateTable("plays").set({ started_at: longAgo }).where("id", "=", id).execute();
      return { path: `/plays/${id}/heard` };
    },
  },
  { route: "GET /me/preferences", answers: signedIn(200), ask: () => ({ path: "/me/preferences" }) },
  {
    route: "PATCH /me/preferences",
    answers: signedIn(200),
    ask: () => ({ path: "/me/preferences", body: { scrobble: false } }),
    fields: { scrobble: { kind: "boolean" } },
  },
  { route: "GET /me/scrobbles", answers: signedIn(200), ask: () => ({ path: "/me/scrobbles" }) },
];
