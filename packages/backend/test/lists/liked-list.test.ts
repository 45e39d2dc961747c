import { until, xrpc } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { followLikes } from "../../src/lists/liked-list.js";
import { collections } from "../tracks/stage.js";
import { setListsStage, type ListsStage, type PublishedTrack } from "./stage.js";

let stage: ListsStage;
let tracks: PublishedTrack[];
beforeAll(async () => {
  stage = await setListsStage();
  tracks = [];
  for (const title of ["One", "Two", "Three"]) tracks.push(await stage.publish(title));
});
afterEach(async () => {
  stage.gate.clear();
  for (const track of tracks) await unlike(track);
  await until("no list is left", async () => (await stage.listsOnPds(stage.listener)).length === 0);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const isListWrite = (request: Parameters<ReturnType<typeof xrpc>>[0]): boolean =>
  xrpc("com.atproto.repo.putRecord")(request) && request.body.includes(`"${collections.list}"`);
const listWrites = (): number => stage.gate.passages.filter(({ request }) => isListWrite(request)).length;
const view = z.object({
  likes: z.number(),
  listed: z.number(),
  write: z.object({ state: z.string(), uri: z.string() }).nullable(),
});

function like({ id }: Pick<PublishedTrack, "id">) {
  return stage.listener.browser.post(`/tracks/${String(id)}/like`);
}

function unlike({ id }: Pick<PublishedTrack, "id">) {
  return stage.listener.browser.delete(`/tracks/${String(id)}/like`);
}

async function likedList() {
  return view.parse((await stage.listener.browser.get("/me/liked-list")).json());
}

async function uriOfList(): Promise<string> {
  return (await likedList()).write?.uri ?? expect.fail("there is no liked list");
}

test("what a person likes is one list, the newest first, written once however many likes come at a time", async () => {
  const before = listWrites();
  for (const track of tracks) await like(track);
  for (const track of tracks) await unlike(track);
  for (const track of tracks) await like(track);
  const uri = await uriOfList();
  const list = await stage.holds(stage.listener, uri, tracks.toReversed());
  expect(list.value).toMatchObject({ name: "Liked tracks", listType: "liked" });
  expect(listWrites()).toBe(before + 1);
  await until("the page says so", async () => (await likedList()).write?.state === "confirmed");
  expect(await likedList()).toMatchObject({ likes: 3, listed: 3 });
});

test("a like that comes while the list is being written waits for it no more than it waits for the like", async () => {
  const [track] = tracks;
  if (track === undefined) throw new Error("there is no track");
  const did = stage.listener.account.did;
  await like(track);
  await stage.db.transaction().execute(async (tx) => {
    await tx.updateTable("lists").set({ title: "Liked tracks" }).where("did", "=", did).execute();
    await until(
      "the list's writer waits for the list",
      async () => {
        const { rows } = await sql`
          select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%from "lists"%for update%'
        `.execute(stage.db);
        return rows.length > 0;
      },
      { within: 20_000 },
    );
    // Sooner than Postgres would look for a deadlock, and end one of the two.
    await sql`set local lock_timeout = '500ms'`.execute(tx);
    await followLikes("fm.plyr.test")(tx, () => Promise.resolve(""), did);
  });
  await stage.holds(stage.listener, await uriOfList(), [track]);
});

test("signing in again writes no list anew and makes no second one, and createdAt stays (incident 16)", async () => {
  for (const track of tracks) await like(track);
  const uri = await uriOfList();
  const before = await stage.holds(stage.listener, uri, tracks.toReversed());
  const written = listWrites();
  await stage.listener.browser.signIn(stage.listener.account);
  await until("nothing is owed any more", async () => {
    const owed = await stage.db.selectFrom("lists").select("id").where("owed", "=", true).execute();
    return owed.length === 0;
  });
  expect(await stage.listsOnPds(stage.listener)).toEqual([before]);
  expect(listWrites()).toBe(written);

  // It comes and goes at its place.
  for (const track of tracks) await unlike(track);
  await until("the list is gone", async () => (await stage.listsOnPds(stage.listener)).length === 0);
  await expect.poll(likedList, { timeout: 10_000 }).toEqual({ likes: 0, listed: 0, write: null });
  await like({ id: tracks[0]?.id ?? 0 });
  const again = await stage.holds(stage.listener, uri, tracks.slice(0, 1));
  expect(again.value.createdAt).toBe(before.value.createdAt);
});

test("a liked track that is on its way is listed when it has come, and a deleted one no more", async () => {
  for (const track of tracks) await like(track);
  const holding = stage.gate.holdRequest(xrpc("com.atproto.repo.uploadBlob"));
  const arriving = stage.publish("Late");
  const held = await holding;
  const { id } = await stage.db
    .selectFrom("tracks")
    .select("id")
    .where("title", "=", "Late")
    .executeTakeFirstOrThrow();
  await like({ id });
  const uri = await uriOfList();
  await stage.holds(stage.listener, uri, tracks.toReversed());
  held.forward();
  const late = await arriving;
  await stage.holds(stage.listener, uri, [late, ...tracks.toReversed()]);
  await stage.ask("DELETE", `/tracks/${String(id)}`);
  await stage.holds(stage.listener, uri, tracks.toReversed());
});

test("of more than 500 likes the list holds the newest 500, and says so", async () => {
  const [track] = tracks;
  // Likes of 501 tracks that are all on the PDS, as rows: to make them by hand would take minutes.
  await sql`
    with tracked as (
      insert into pds_records (did, collection, rkey, wish, confirmed_version, confirmed_cid, state)
      select ${stage.artist.account.did}, ${collections.track}, 'many' || n, '{}', 1,
        'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a', 'confirmed'
      from generate_series(1, 501) as n returning id, rkey
    ), listed as (
      insert into tracks (artist_did, title, file_type, duration, audio_url, record_id)
      select ${stage.artist.account.did}, rkey, 'mp3', 1, 'http://localhost/a', id from tracked
      returning id, title
    ), recorded as (
      insert into pds_records (did, collection, rkey, wish, confirmed_version, state)
      select ${stage.listener.account.did}, ${collections.like}, title, jsonb_build_object('subject',
        jsonb_build_object('uri', 'at://' || ${stage.artist.account.did} || '/' || ${collections.track} || '/' || title,
          'cid', 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a')), 1, 'confirmed'
      from listed returning id, rkey
    )
    insert into likes (did, track_id, record_id, created_at)
    select ${stage.listener.account.did}, listed.id, recorded.id,
      now() + substr(listed.title, 5)::int * interval '1 second'
    from listed join recorded on recorded.rkey = listed.title
  `.execute(stage.db);
  await like({ id: track?.id ?? 0 });
  const uri = await uriOfList();
  const list = await until("500 are listed", async () => {
    const [record] = await stage.listsOnPds(stage.listener);
    return record?.uri === uri && record.value.items.length === 500 && record;
  });
  expect(list.value.items[0]?.subject.uri).toMatch(/\/many501$/);
  expect(await likedList()).toMatchObject({ likes: 502, listed: 500 });
  await sql`delete from likes where record_id in (select id from pds_records where rkey like 'many%')`.execute(
    stage.db,
  );
});
