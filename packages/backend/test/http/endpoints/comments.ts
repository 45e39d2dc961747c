import { z } from "zod";
import { everybody, ownerOnly, signedIn, type Endpoint } from "./endpoint.js";
import type { World } from "./world.js";

const added = z.object({ comment: z.object({ id: z.number() }) });

async function comment(world: World): Promise<string> {
  const path = `/tracks/${String(await world.track())}/comments`;
  const { comment } = await world.told(added, "POST", path, { text: "Lovely", timestamp_ms: 1 });
  return `/tracks/comments/${String(comment.id)}`;
}

export const comments: readonly Endpoint[] = [
  {
    route: "GET /tracks/:id/comments",
    answers: everybody(200),
    ask: async (world) => ({ path: `/tracks/${String(await world.track())}/comments` }),
  },
  {
    route: "POST /tracks/:id/comments",
    answers: signedIn(201),
    ask: async (world) => ({
      path: `/tracks/${String(await world.track())}/comments`,
      body: { text: "Lovely", timestamp_ms: 1 },
    }),
    fields: {
      text: { kind: "text", longest: 1_000 },
      timestamp_ms: { kind: "integer", least: 0, most: 180_000 },
    },
  },
  {
    route: "PATCH /tracks/comments/:id",
    answers: ownerOnly(200, 403),
    ask: async (world) => ({ path: await comment(world), body: { text: "Lovelier" } }),
    fields: { text: { kind: "text", longest: 1_000 } },
  },
  {
    route: "DELETE /tracks/comments/:id",
    answers: ownerOnly(200, 403),
    ask: async (world) => ({ path: await comment(world) }),
  },
];
