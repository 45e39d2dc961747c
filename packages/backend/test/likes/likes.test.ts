import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openLikes, type Likes } from "../../src/likes/likes.js";
import { UnknownTrack } from "../../src/likes/unknown-track.js";
import { UNKNOWN_CID } from "../../src/records/awaited.js";
import { collectionsOf } from "../../src/records/collections.js";
import { countUnsettled } from "../../src/records/write-state.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { setStage, type Stage } from "../outbox/stage.js";

const NAMESPACE = "fm.plyr.test";
const TRACK_CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
const listener = "did:plc:listener";
const { track: trackCollection } = collectionsOf(NAMESPACE);

describe.each(["postgres", "embedded"] as const)("on %s", (kind) => {
  let stage: Stage;
  let likes: Likes;
  let track = 0;
  let tracks = 0;

  beforeAll(async () => {
    stage = await setStage(kind);
    await stage.db.insertInto("people").values({ did: listener, handle: "listener.test" }).execute();
  });
  beforeEach(async () => {
    // Nothing is carried out here: what a request leaves in the database is the matter.
    const { outbox } = await stage.process({}, false);
    likes = openLikes({ db: stage.db, outbox, namespace: NAMESPACE });
    tracks += 1;
    track = await newTrack(`track${String(tracks)}`);
  });
  afterEach(async () => {
    await stage.endProcesses();
    await stage.db.deleteFrom("intents").execute();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  async function newTrack(rkey: string): Promise<number> {
    const { id } = await adoptTrack(stage.db, {
      artist: { did: "did:plc:artist", handle: "artist.test", displayName: "Artist" },
      track: { title: rkey, fileType: "wav", duration: 9, audioUrl: "http://localhost/audio" },
      record: { collection: trackCollection, rkey, content: { title: rkey }, cid: TRACK_CID },
    });
    return id;
  }

  const likesOfTrack = () => stage.db.selectFrom("likes").selectAll().where("track_id", "=", track).execute();
  const intents = () => stage.db.selectFrom("intents").selectAll().execute();

  test("a like is a row, a wish with its rkey and time, and an intent that carries ids only", async () => {
    const state = await likes.like(listener, track);
    const [row] = await likesOfTrack();
    const record = await stage.db
      .selectFrom("pds_records")
      .selectAll()
      .where("id", "=", row?.record_id ?? "")
      .executeTakeFirstOrThrow();
    expect(record.rkey).toMatch(/^[2-7a-z]{13}$/);
    expect(record).toMatchObject({
      did: listener,
      collection: "fm.plyr.test.like",
      wish: {
        $type: "fm.plyr.test.like",
        subject: { uri: `at://did:plc:artist/fm.plyr.test.track/track${String(tracks)}`, cid: TRACK_CID },
        createdAt: record.accepted_at.toISOString(),
      },
      wish_version: 1,
      confirmed_version: 0,
      may_exist: false,
    });
    expect(state).toEqual({
      liked: true,
      write: {
        state: "writing",
        uri: `at://${listener}/fm.plyr.test.like/${record.rkey}`,
        reason: null,
        since: record.state_since.toISOString(),
      },
    });
    const subject = `record:${listener}:track:${String(track)}`;
    expect(await intents()).toMatchObject([
      {
        task: "pds.record.write",
        subject,
        payload: { recordId: record.id, did: listener, about: `track:${String(track)}` },
      },
    ]);
  });

  test("ten simultaneous likes of one person are one like", async () => {
    const states = await Promise.all(Array.from({ length: 10 }, () => likes.like(listener, track)));
    expect(new Set(states.map(({ write }) => write?.uri)).size).toBe(1);
    expect(await likesOfTrack()).toHaveLength(1);
    expect(await intents()).toHaveLength(1);
  });

  test("simultaneous likes and unlikes leave one living record if liked, none if not", async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        at % 2 === 0 ? likes.like(listener, track) : likes.unlike(listener, track),
      ),
    );
    const uri = `at://did:plc:artist/${trackCollection}/track${String(tracks)}`;
    const living = await stage.db
      .selectFrom("pds_records")
      .select("id")
      .where(sql<boolean>`wish -> 'subject' ->> 'uri' = ${uri}`)
      .execute();
    expect(living.map(({ id }) => id)).toEqual((await likesOfTrack()).map(({ record_id }) => record_id));
    const { liked } = await likes.state(listener, track);
    expect(living).toHaveLength(liked ? 1 : 0);
  });

  test("a new like after an unlike is a new record", async () => {
    const first = await likes.like(listener, track);
    const gone = await likes.unlike(listener, track);
    expect(gone).toMatchObject({ liked: false, write: { uri: first.write?.uri, state: "writing" } });
    const second = await likes.like(listener, track);
    expect(second.write?.uri).not.toBe(first.write?.uri);
    expect(await intents()).toHaveLength(3);
  });

  test("of several likes that are on their way out, the newest is shown", async () => {
    await likes.like(listener, track);
    await likes.unlike(listener, track);
    const { write } = await likes.like(listener, track);
    await likes.unlike(listener, track);
    expect((await likes.state(listener, track)).write?.uri).toBe(write?.uri);
  });

  test("unliking what was never liked does nothing", async () => {
    expect(await likes.unlike(listener, track)).toEqual({ liked: false, write: null });
    expect(await intents()).toEqual([]);
  });

  test.each([0, -1, 1.5, Number.NaN, 2_147_483_648, 999_999])("there is no track %s", async (id) => {
    await expect(likes.like(listener, id)).rejects.toThrow(UnknownTrack);
    await expect(likes.unlike(listener, id)).rejects.toThrow(UnknownTrack);
    await expect(likes.state(listener, id)).rejects.toThrow(UnknownTrack);
    expect(await intents()).toEqual([]);
  });

  const setTrackRecord = (values: { confirmed_cid?: null; wish?: null; state?: "writing" | "failed" }) =>
    stage.db
      .updateTable("pds_records")
      .set(values)
      .where("id", "=", (eb) => eb.selectFrom("tracks").select("record_id").where("id", "=", track))
      .execute();

  test("a like of a track that is on its way to its artist's PDS is accepted, and waits for its CID", async () => {
    await setTrackRecord({ confirmed_cid: null, state: "writing" });
    const { write } = await likes.like(listener, track);
    expect(write).toMatchObject({ state: "writing" });
    const [row] = await likesOfTrack();
    const record = await stage.db
      .selectFrom("pds_records")
      .select(["awaits", "wish"])
      .where("id", "=", row?.record_id ?? "")
      .executeTakeFirstOrThrow();
    const { record_id } = await stage.db
      .selectFrom("tracks")
      .select("record_id")
      .where("id", "=", track)
      .executeTakeFirstOrThrow();
    expect(record).toMatchObject({ awaits: record_id, wish: { subject: { cid: UNKNOWN_CID } } });
  });

  test.each([
    ["was given up before it got to its artist's PDS", { confirmed_cid: null, state: "failed" }],
    ["is to be gone", { wish: null }],
  ] as const)(
    "a track that %s can't be liked: what was liked before can be taken back",
    async (_why, values) => {
      await likes.like(listener, track);
      await setTrackRecord(values);
      expect(await likes.unlike(listener, track)).toMatchObject({ liked: false });
      await expect(likes.like(listener, track)).rejects.toThrow(UnknownTrack);
    },
  );

  test("a deleted track is unknown", async () => {
    await stage.db.updateTable("tracks").set({ deleted_at: new Date() }).where("id", "=", track).execute();
    await expect(likes.like(listener, track)).rejects.toThrow(UnknownTrack);
    await expect(likes.unlike(listener, track)).rejects.toThrow(UnknownTrack);
    await expect(likes.state(listener, track)).rejects.toThrow(UnknownTrack);
  });

  test("many states at once: each track's own, and the unsettled ones are counted", async () => {
    const other = await newTrack(`other${String(tracks)}`);
    const third = await newTrack(`third${String(tracks)}`);
    const before = await countUnsettled(stage.db, listener);
    const { write } = await likes.like(listener, track);
    await likes.like(listener, other);
    const leaving = await likes.unlike(listener, other);
    const states = await likes.states(listener, [track, other, third, 999_999]);
    expect([...states]).toEqual([
      [track, { liked: true, write }],
      [other, leaving],
      [third, { liked: false, write: null }],
      [999_999, { liked: false, write: null }],
    ]);
    expect(await likes.states(listener, [])).toEqual(new Map());
    expect(await countUnsettled(stage.db, listener)).toBe(before + 2);
  });
});
