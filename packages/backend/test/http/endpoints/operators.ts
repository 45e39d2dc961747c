import type { Endpoint } from "./endpoint.js";
import type { World } from "./world.js";

/** For those whom ADMIN_DIDS names. What their bodies may hold is tested with the commands that send them. */
const answers: Endpoint["answers"] = { nobody: 401, another: 403, admin: 200, owner: 403 };

export const operators: readonly Endpoint[] = [
  { route: "GET /operator/status", answers, ask: () => ({ path: "/operator/status" }) },
  {
    route: "POST /operator/audit",
    answers,
    ask: ({ owner }) => ({ path: "/operator/audit", body: { did: owner.did, repair: false } }),
  },
  { route: "GET /operator/dead", answers, ask: () => ({ path: "/operator/dead" }) },
  { route: "POST /operator/dead/replay", answers, ask: () => ({ path: "/operator/dead/replay", body: {} }) },
  ...["GET /operator/dead/:id", "POST /operator/dead/:id/replay", "DELETE /operator/dead/:id"].map(
    (route): Endpoint => ({
      route,
      answers,
      ask: async (world) => ({
        path: route.slice(route.indexOf(" ") + 1).replace(":id", await deadLetter(world)),
      }),
    }),
  ),
];

/** Work that was given up, and that does nothing when it is done after all. */
async function deadLetter({ db }: World): Promise<string> {
  const { id } = await db
    .insertInto("intents")
    .values({
      ...{
        task: "track.withdraw",
        payload: JSON.stringify({ trackId: 1_000_000 }),
        subject: "withdraw:1000000",
      },
      ...{ state: "dead", reason: "given up for a test" },
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}
