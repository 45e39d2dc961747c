import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { makeAudio } from "../tracks/audio.js";
import { collections } from "../tracks/stage.js";
import { setListsStage, type Album, type ListsStage, type PublishedTrack } from "./stage.js";

let stage: ListsStage;
let track: PublishedTrack;
let mine: Album;
let full: Album;
beforeAll(async () => {
  stage = await setListsStage();
  mine = await stage.newAlbum("Mine");
  track = await stage.publish("Mine, too", mine.id);
  full = await stage.newAlbum("Full");
  await fill(full.id);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

/** An album of 500 tracks, as rows: to make them by hand would take minutes. */
async function fill(albumId: number): Promise<void> {
  const { did } = stage.artist.account;
  await sql`
    with tracked as (
      insert into pds_records (did, collection, rkey, wish) select ${did}, ${collections.track}, 'many' || n, '{}'
      from generate_series(1, 500) as n returning id
    ), listed as (
      insert into tracks (artist_did, title, file_type, duration, audio_url, record_id)
      select ${did}, 'Many', 'mp3', 1, 'http://localhost/a', id from tracked returning id
    )
    insert into album_tracks (album_id, track_id, position) select ${albumId}, id, id from listed
  `.execute(stage.db);
}

const problem = z.object({
  error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }),
});

async function refused(method: string, path: string, body?: object) {
  const answer = await stage.artist.browser.send(method, path, body === undefined ? {} : { body });
  const { code, field } = problem.parse(answer.json()).error;
  return { status: answer.status, code, field };
}

function path(album: Album, rest = ""): string {
  return `/albums/${String(album.id)}${rest}`;
}

test("two albums of a person have no title in common, as addresses go; another person's may", async () => {
  const taken = { status: 409, code: "slug_taken", field: "title" };
  expect(await refused("POST", "/albums/", { title: "mine!" })).toEqual(taken);
  expect(await refused("PATCH", path(full), { title: "MINE" })).toEqual(taken);
  expect((await stage.listener.browser.post("/albums/", { body: { title: "Mine" } })).status).toBe(201);
  expect(await stage.ask("PATCH", path(mine), { title: "Mine." })).toBe(200);
});

test("what only its owner may know is told to nobody else", async () => {
  const seen = z.object({ album: z.object({ write: z.unknown() }) });
  const answer = await stage.listener.browser.get(path(mine));
  expect(seen.parse(answer.json()).album.write).toBeNull();
});

test("an order may name neither what is not on the album nor anything twice", async () => {
  const bad = { status: 422, code: "malformed", field: "track_ids" };
  expect(await refused("POST", path(mine, "/finalize"), { track_ids: [track.id, 999_999] })).toEqual(bad);
  expect(await refused("POST", path(mine, "/finalize"), { track_ids: [track.id, track.id] })).toEqual(bad);
});

test("a track that is not there, somebody else's, or on another album is not put on an album", async () => {
  const put = (album: Album, id: number) => refused("POST", path(album, "/tracks"), { track_id: id });
  expect(await put(mine, 999_999)).toMatchObject({ status: 404, code: "unknown_track" });
  expect(await put(full, track.id)).toEqual({ status: 409, code: "on_another_album", field: "track_id" });
  const made = await stage.listener.browser.post("/albums/", { body: { title: "Theirs" } });
  const { album } = z.object({ album: z.object({ id: z.number() }) }).parse(made.json());
  const theirs = await stage.listener.browser.post(`/albums/${String(album.id)}/tracks`, {
    body: { track_id: track.id },
  });
  expect([theirs.status, problem.parse(theirs.json()).error.code]).toEqual([403, "not_yours"]);
});

test("the 501st track of an album is refused", async () => {
  await stage.ask("DELETE", path(mine, `/tracks/${String(track.id)}`));
  expect(await refused("POST", path(full, "/tracks"), { track_id: track.id })).toEqual({
    ...{ status: 422, code: "album_full", field: "track_id" },
  });
});

test.each([
  ["x", 422],
  ["999999", 404],
  ["FULL", 422],
])("an upload to the album %s is refused with %i, and nothing is left of it", async (named, status) => {
  const form = new FormData();
  form.set("album_id", named.replace("FULL", String(full.id)));
  form.set("file", new Blob([await makeAudio("mp3", 1)]), "tone.mp3");
  const files = await stage.stored();
  const answer = await stage.send(stage.artist, form);
  expect(answer.status).toBe(status);
  expect(await stage.stored()).toEqual(files);
});
