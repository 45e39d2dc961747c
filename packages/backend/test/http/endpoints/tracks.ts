import { z } from "zod";
import type { Asked } from "./asked.js";
import { everybody, ownerOnly, signedIn, type Endpoint } from "./endpoint.js";
import type { World } from "./world.js";

const accepted = z.object({ upload: z.object({ id: z.string() }), track: z.object({ id: z.number() }) });

function song(world: World): FormData {
  const form = new FormData();
  form.set("title", "A song");
  form.set("file", new Blob([world.audio]), "song.mp3");
  return form;
}

async function upload(world: World) {
  const answer = await world.send("owner", "POST", { path: "/tracks/", form: () => song(world) });
  return accepted.parse(await answer.json());
}

const anUpload = (world: World): Asked => ({ path: "/tracks/", form: () => song(world) });

export const tracks: readonly Endpoint[] = [
  { route: "GET /tracks", answers: everybody(200), ask: () => ({ path: "/tracks" }) },
  { route: "POST /tracks", answers: signedIn(202), ask: anUpload },
  { route: "POST /tracks/", answers: signedIn(202), ask: anUpload },
  {
    route: "PATCH /tracks/:id",
    answers: ownerOnly(200, 403),
    ask: async (world) => ({
      path: `/tracks/${String(await world.track())}`,
      body: { title: "Another title" },
    }),
    fields: {
      title: { kind: "text", longest: 256, optional: true },
      description: { kind: "text", longest: 5_000, optional: true, blank: true },
    },
  },
  {
    route: "DELETE /tracks/:id",
    answers: ownerOnly(200, 403),
    ask: async (world) => ({ path: `/tracks/${String(await world.track())}` }),
  },
  {
    route: "GET /tracks/:id/audio",
    answers: everybody(200),
    ask: async (world) => ({ path: `/tracks/${String((await upload(world)).track.id)}/audio` }),
  },
  { route: "GET /tracks/taken-down", answers: signedIn(200), ask: () => ({ path: "/tracks/taken-down" }) },
  { route: "GET /tracks/uploads", answers: signedIn(200), ask: () => ({ path: "/tracks/uploads" }) },
  {
    route: "GET /tracks/uploads/:id/progress",
    answers: ownerOnly(200, 404),
    ask: async (world) => ({ path: `/tracks/uploads/${(await upload(world)).upload.id}/progress` }),
  },
];
