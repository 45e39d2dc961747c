import { z } from "zod";
import { ownerOnly, signedIn, type Endpoint } from "./endpoint.js";
import type { World } from "./world.js";

const begun = z.object({ export_id: z.string() });

/** A finished export of the owner's. */
async function anExport(world: World): Promise<string> {
  await world.track();
  const { export_id: id } = await world.told(begun, "POST", "/exports/media");
  await world.quiet();
  return `/exports/${id}`;
}

export const exports: readonly Endpoint[] = [
  { route: "GET /exports", answers: signedIn(200), ask: () => ({ path: "/exports" }) },
  {
    route: "POST /exports/media",
    answers: signedIn(202),
    ask: async (world) => {
      for (const asker of ["another", "admin", "owner"] as const) {
        const form = (): FormData => {
          const song = new FormData();
          song.set("file", new Blob([world.audio]), "song.mp3");
          return song;
        };
        await (await world.send(asker, "POST", { path: "/tracks/", form })).body?.cancel();
      }
      // One that is still being made would be the answer.
      await world.quiet();
      return { path: "/exports/media" };
    },
  },
  {
    route: "GET /exports/:id",
    answers: ownerOnly(200, 404),
    ask: async (world) => ({ path: await anExport(world) }),
  },
  {
    route: "GET /exports/:id/progress",
    answers: ownerOnly(200, 404),
    ask: async (world) => ({ path: `${await anExport(world)}/progress` }),
  },
  {
    route: "GET /exports/:id/download",
    answers: ownerOnly(200, 404),
    ask: async (world) => ({ path: `${await anExport(world)}/download` }),
  },
  {
    route: "DELETE /exports/:id",
    answers: ownerOnly(200, 404),
    ask: async (world) => ({ path: await anExport(world) }),
  },
];
