import { z } from "zod";
import { collectionsOf } from "../../../src/records/collections.js";
import { NAMESPACE } from "../running-service.js";
import { everybody, ownerOnly, signedIn, type Endpoint } from "./endpoint.js";
import type { World } from "./world.js";

const token = z.object({ id: z.string() });

/** A like that waits, and that nothing is going to carry out meanwhile. */
async function waitingLike(world: World): Promise<string> {
  const { db, owner } = world;
  const trackId = await world.track();
  const collection = collectionsOf(NAMESPACE).like;
  const { id } = await db
    .insertInto("pds_records")
    .values({
      did: owner.did,
      collection,
      rkey: `waits${String(trackId)}`,
      wish: JSON.stringify({ $type: collection }),
      state: "waiting",
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await db.insertInto("likes").values({ did: owner.did, track_id: trackId, record_id: id }).execute();
  return id;
}

/** Somebody whose deletion never gets on. */
async function departure({ db }: World): Promise<string> {
  const did = `did:web:leaver-${crypto.randomUUID()}.test`;
  await db.insertInto("people").values({ did, handle: "leaver.test", leaving_at: new Date() }).execute();
  const { ticket } = await db
    .insertInto("departures")
    .values({ did, records: "keep" })
    .returning("ticket")
    .executeTakeFirstOrThrow();
  return ticket;
}

export const account: readonly Endpoint[] = [
  { route: "GET /me/tokens", answers: signedIn(200), ask: () => ({ path: "/me/tokens" }) },
  {
    route: "POST /me/tokens",
    answers: signedIn(201),
    ask: () => ({ path: "/me/tokens", body: { name: "my script", expires_in: 3_600 } }),
    fields: {
      name: { kind: "text", longest: 100 },
      expires_in: { kind: "integer", least: 60, most: 366 * 86_400, optional: true },
    },
  },
  {
    route: "DELETE /me/tokens/:id",
    answers: ownerOnly(204, 404),
    ask: async (world) => {
      const { id } = await world.told(token, "POST", "/me/tokens", { name: "to be deleted" });
      return { path: `/me/tokens/${id}` };
    },
  },
  { route: "GET /me/waiting", answers: signedIn(200), ask: () => ({ path: "/me/waiting" }) },
  {
    route: "DELETE /me/waiting/:id",
    answers: ownerOnly(204, 404),
    ask: async (world) => ({ path: `/me/waiting/${await waitingLike(world)}` }),
  },
  {
    // Confirmed by nobody, since the owner is needed for what follows; what becomes of who confirms is told elsewhere.
    route: "DELETE /me",
    answers: signedIn(422),
    ask: () => ({ path: "/me", body: { confirm: "somebody.else", records: "keep" } }),
    fields: { confirm: { kind: "text", longest: 253 }, records: { kind: "choice" } },
  },
  {
    route: "GET /departures/:ticket",
    answers: everybody(200),
    ask: async (world) => ({ path: `/departures/${await departure(world)}` }),
  },
];
