import { Visitor } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { makeAudio } from "../tracks/audio.js";
import { collections } from "../tracks/stage.js";
import { setListsStage, type Album, type ListsStage, type PublishedTrack } from "./stage.js";

let stage: ListsStage;
let track: PublishedTrack;
let album: Album;
let full: Album;
beforeAll(async () => {
  stage = await setListsStage();
  album = await stage.newAlbum("Mine");
  track = await stage.publish("Mine, too", album.id);
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

const requests = () =>
  [
    ["GET", "/albums", undefined, 200],
    ["GET", `/albums/${String(album.id)}`, undefined, 200],
    ["POST", "/albums/", { title: "Yours" }, 201],
    ["PATCH", `/albums/${String(album.id)}`, { description: "Words." }, 200],
    ["POST", `/albums/${String(album.id)}/finalize`, { track_ids: [track.id] }, 200],
    ["POST", `/albums/${String(album.id)}/tracks`, { track_id: track.id }, 200],
    ["DELETE", `/albums/${String(album.id)}/tracks/999`, undefined, 200],
    ["GET", "/me/liked-list", undefined, 200],
  ] as const;

describe("who may", () => {
  test.each([
    ["nobody", () => new Visitor(stage.service.url), [200, 200, 401, 401, 401, 401, 401, 401]],
    ["another person", () => stage.listener.browser, [200, 200, 201, 403, 403, 403, 403, 200]],
    ["the owner", () => stage.artist.browser, [200, 200, 201, 200, 200, 200, 200, 200]],
  ] as const)("%s", async (_who, visitor, allowed) => {
    const statuses = [];
    for (const [method, path, body] of requests()) {
      const answer = await visitor().send(method, path, body === undefined ? {} : { body });
      statuses.push(answer.status);
    }
    expect(statuses).toEqual(allowed);
  });

  test("nobody else sees what becomes of the record, and nobody deletes another's album", async () => {
    const path = `/albums/${String(album.id)}`;
    const seen = z.object({ album: z.object({ write: z.unknown() }) });
    expect(seen.parse((await stage.listener.browser.get(path)).json()).album.write).toBeNull();
    expect((await stage.listener.browser.delete(path)).status).toBe(403);
    expect((await new Visitor(stage.service.url).delete(path)).status).toBe(401);
  });
});

test.each([
  ["POST", "/albums/", {}, 422, "title"],
  ["POST", "/albums/", { title: "" }, 422, "title"],
  ["POST", "/albums/", { title: 7 }, 422, "title"],
  ["POST", "/albums/", { title: "x".repeat(65) }, 422, "title"],
  ["POST", "/albums/", { title: "👩‍🚀".repeat(60) }, 422, "title"],
  ["POST", "/albums/", { title: "a\u0000b" }, 422, "title"],
  ["POST", "/albums/", { title: "Fine", description: "x".repeat(5_001) }, 422, "description"],
  ["POST", "/albums/", { title: "Fine", colour: "red" }, 422, "colour"],
  ["POST", "/albums/", [], 422, "body"],
  ["POST", "/albums/", { title: "mine" }, 409, "title"],
  ["PATCH", "/albums/FULL", { title: "MINE!" }, 409, "title"],
  ["PATCH", "/albums/MINE", { title: null }, 422, "title"],
  ["POST", "/albums/MINE/finalize", {}, 422, "track_ids"],
  ["POST", "/albums/MINE/finalize", { track_ids: ["1"] }, 422, "track_ids"],
  ["POST", "/albums/MINE/finalize", { track_ids: [999_999] }, 422, "track_ids"],
  ["POST", "/albums/MINE/finalize", { track_ids: "TWICE" }, 422, "track_ids"],
  ["POST", "/albums/MINE/finalize", { track_ids: Array.from({ length: 501 }, (_, n) => n + 1) }, 422, "track_ids"],
  ["POST", "/albums/MINE/tracks", { track_id: -1 }, 422, "track_id"],
  ["POST", "/albums/MINE/tracks", { track_id: 2 ** 31 }, 422, "track_id"],
  ["POST", "/albums/MINE/tracks", { track_id: 999_999 }, 404, undefined],
  ["POST", "/albums/FULL/tracks", { track_id: "MINE" }, 409, "track_id"],
  ["DELETE", "/albums/MINE/tracks/x", undefined, 404, undefined],
  ["DELETE", "/albums/MINE", { really: true }, 422, "really"],
  ["GET", "/albums/0", undefined, 404, undefined],
  ["GET", "/albums/99999999999", undefined, 404, undefined],
  ["DELETE", "/albums/999999", undefined, 404, undefined],
] as const)("%s %s with %j is refused with %i and names the field %s", async (method, path, sent, status, field) => {
  const body =
    sent !== undefined && "track_id" in sent && sent.track_id === "MINE"
      ? { track_id: track.id }
      : sent !== undefined && "track_ids" in sent && sent.track_ids === "TWICE"
        ? { track_ids: [track.id, track.id] }
        : sent;
  const rows = () => stage.db.selectFrom("lists").select(["id", "title", "changed_at"]).orderBy("id").execute();
  const before = (await rows()).map(({ id, title }) => ({ id, title }));
  const answer = await stage.artist.browser.send(
    method,
    path.replace("MINE", String(album.id)).replace("FULL", String(full.id)),
    body === undefined ? {} : { body },
  );
  const { error } = problem.parse(answer.json());
  expect([answer.status, error.field]).toEqual([status, field]);
  expect((await rows()).map(({ id, title }) => ({ id, title }))).toEqual(before);
});

test("the 501st track of an album is refused", async () => {
  await stage.ask("DELETE", `/albums/${String(album.id)}/tracks/${String(track.id)}`);
  const answer = await stage.artist.browser.post(`/albums/${String(full.id)}/tracks`, {
    body: { track_id: track.id },
  });
  expect([answer.status, problem.parse(answer.json()).error]).toMatchObject([
    422,
    { code: "album_full", field: "track_id" },
  ]);
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
