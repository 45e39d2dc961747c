import { Readable } from "node:stream";
import { until, xrpc } from "@plyr/dev";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { clearExport } from "../../src/exports/clear-export.js";
import { exportMedia } from "../../src/exports/export-media.js";
import { openExports } from "../../src/exports/exports.js";
import { aboutTrack } from "../../src/likes/like-state.js";
import { openAlbums } from "../../src/lists/albums.js";
import { writeList } from "../../src/lists/write-list.js";
import { wishGone, wishRecord } from "../../src/records/pds-record.js";
import { demandValid } from "../../src/records/valid-content.js";
import { statusRecord } from "../../src/records/teal.js";
import { scheduleNotice } from "../../src/notices/notices.js";
import { sendNotice } from "../../src/notices/send-notice.js";
import { writeStatus } from "../../src/plays/write-status.js";
import { openDepartures } from "../../src/people/departures.js";
import { leave } from "../../src/people/leave.js";
import { scanTrack } from "../../src/scans/scan-track.js";
import { registry } from "../../src/tasks/registry.js";
import { syncPerson } from "../../src/tasks/sync-person.js";
import { writeBatch } from "../../src/tasks/write-batch.js";
import { writeRecord } from "../../src/tasks/write-record.js";
import { publishTrack } from "../../src/tracks/publish-track.js";
import { withdrawTrack } from "../../src/tracks/withdraw-track.js";
import { makeAudio } from "../tracks/audio.js";
import { collections, NAMESPACE, recordOf, TRACK_CID, setStage, type Stage } from "./stage.js";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const content = z.record(z.string(), z.json());
const put = xrpc("com.atproto.repo.putRecord");

test("a like becomes a record at the rkey and with the time that were chosen when it was accepted", async () => {
  const track = await stage.newTrack();
  const accepted = await stage.likes.like(stage.listener, track.id);
  expect(accepted).toMatchObject({ liked: true, write: { state: "writing", reason: null } });
  const uri = accepted.write?.uri ?? "";
  const row = await recordOf(stage.db, uri);

  await stage.settled(track);
  const [record, ...others] = await stage.onPds(track);
  expect(others).toEqual([]);
  expect(record?.uri).toBe(uri);
  expect(record?.value).toEqual(row.wish);
  demandValid(collections.like, content.parse(record?.value));
  expect(record?.value).toEqual({
    $type: collections.like,
    subject: { uri: track.uri, cid: TRACK_CID },
    createdAt: row.accepted_at.toISOString(),
  });
  expect(await recordOf(stage.db, uri)).toMatchObject({
    confirmed_version: 1,
    confirmed_cid: record?.cid,
    deferrals: 0,
  });
});

test("unliking takes the record away, and nothing is left to be said about it", async () => {
  const track = await stage.newTrack();
  const { write } = await stage.likes.like(stage.listener, track.id);
  await stage.settled(track);
  expect(await stage.likes.unlike(stage.listener, track.id)).toMatchObject({
    liked: false,
    write: { uri: write?.uri },
  });
  expect(await stage.settled(track)).toEqual({ liked: false, write: null });
  expect(await stage.onPds(track)).toEqual([]);
  expect(await recordOf(stage.db, write?.uri ?? "")).toMatchObject({
    state: "confirmed",
    confirmed_cid: null,
    wish: null,
  });
});

test("a burst of like, unlike, like leaves one record, the last one", async () => {
  const track = await stage.newTrack();
  await stage.likes.like(stage.listener, track.id);
  for (let round = 0; round < 10; round += 1) {
    await stage.likes.unlike(stage.listener, track.id);
    await stage.likes.like(stage.listener, track.id);
  }
  const { write } = await stage.settled(track);
  await until(
    "no intent is open",
    async () => (await stage.db.selectFrom("intents").select("id").execute()).length === 0,
  );
  expect((await stage.onPds(track)).map(({ uri }) => uri)).toEqual([write?.uri]);
});

test("liking twice, and unliking twice, is liking and unliking once", async () => {
  const track = await stage.newTrack();
  const first = await stage.likes.like(stage.listener, track.id);
  const second = await stage.likes.like(stage.listener, track.id);
  expect(second.write?.uri).toBe(first.write?.uri);
  await stage.settled(track);
  const before = stage.gate.answered(put);
  await stage.likes.like(stage.listener, track.id);
  await stage.likes.unlike(stage.listener, track.id);
  await stage.settled(track);
  await stage.likes.unlike(stage.listener, track.id);
  expect(await stage.likes.state(stage.listener, track.id)).toEqual({ liked: false, write: null });
  expect(stage.gate.answered(put)).toBe(before);
});

test("an unlike that comes before the like was ever sent needs no call; both are found without their process", async () => {
  const track = await stage.newTrack();
  const likes = await stage.dyingLikes();
  const before = stage.gate.passages.length;
  await likes.like(stage.listener, track.id);
  await likes.unlike(stage.listener, track.id);
  await stage.settled(track);
  expect(stage.gate.passages.length).toBe(before);
});

test("a like whose process died before it could tell any queue is on the PDS within ten seconds", async () => {
  const track = await stage.newTrack();
  const likes = await stage.dyingLikes();
  const { write } = await likes.like(stage.listener, track.id);
  await stage.settled(track, { within: 10_000 });
  expect((await stage.onPds(track)).map(({ uri }) => uri)).toEqual([write?.uri]);
});

test("a wish that changes while the PDS is asked is carried out after it", async () => {
  const track = await stage.newTrack();
  const standing = stage.gate.holdRequest(put);
  const { write } = await stage.likes.like(stage.listener, track.id);
  const held = await standing;
  expect(held.request.body).toContain(write?.uri.split("/").at(-1));
  await stage.likes.unlike(stage.listener, track.id);
  held.forward();
  expect(await stage.settled(track)).toEqual({ liked: false, write: null });
  expect(await stage.onPds(track)).toEqual([]);
  expect(await recordOf(stage.db, write?.uri ?? "")).toMatchObject({ wish_version: 2, confirmed_version: 2 });
});

test("a wish that changes while the PDS is asked is carried out by the same run: it needs no intent of its own", async () => {
  const track = await stage.newTrack();
  const standing = stage.gate.holdRequest(put);
  const { write } = await stage.likes.like(stage.listener, track.id);
  const held = await standing;
  const { id } = await recordOf(stage.db, write?.uri ?? "");
  await wishGone(stage.db, id);
  held.forward();
  await until(
    "both are carried out",
    async () => (await recordOf(stage.db, write?.uri ?? "")).confirmed_version === 2,
  );
  expect(await stage.onPds(track)).toEqual([]);
});

/** For each task of the service: something it has just carried out, and how its effect on the world looks. */
const carriedOut: Record<string, () => Promise<CarriedOut>> = {
  [writeRecord.name]: async () => {
    const track = await stage.newTrack();
    const { write } = await stage.likes.like(stage.listener, track.id);
    await stage.settled(track);
    const { id, did, wish_version } = await recordOf(stage.db, write?.uri ?? "");
    return {
      payload: { recordId: id, did, about: aboutTrack(track.id) },
      asksPds: true,
      forget: async () => {
        const unconfirmed = { confirmed_version: wish_version - 1, confirmed_cid: null };
        await stage.db.updateTable("pds_records").set(unconfirmed).where("id", "=", id).execute();
      },
      effect: async () => ({
        onPds: await stage.onPds(track),
        confirmed: (await recordOf(stage.db, write?.uri ?? "")).confirmed_cid,
      }),
    };
  },

  [writeBatch.name]: async () => {
    const one = await carriedOut[writeRecord.name]?.();
    if (one === undefined) throw new Error("a like is carried out");
    const { payload } = one;
    const forget = async () => {
      await one.forget();
      // Open, and nobody's yet.
      await stage.db
        .insertInto("intents")
        .values({
          task: writeRecord.name,
          payload: JSON.stringify(payload),
          subject: "a like",
          check_at: "infinity",
        })
        .execute();
    };
    return { ...one, payload: { did: stage.listener, collection: collections.like }, forget };
  },

  [syncPerson.name]: async () => {
    const did = stage.listener;
    const id = await stage.background.outbox.schedule(syncPerson, { did });
    await until("it is done once", async () => {
      const open = await stage.db.selectFrom("intents").select("id").where("id", "=", id).execute();
      return open.length === 0;
    });
    const effect = () =>
      stage.db
        .selectFrom("pds_records")
        .select(["rkey", "confirmed_cid", "confirmed_version"])
        .where("did", "=", did)
        .where("collection", "=", collections.profile)
        .execute();
    return { payload: { did }, asksPds: true, forget: () => Promise.resolve(), effect };
  },

  [publishTrack.name]: async () => {
    const did = stage.listener;
    const trackId = await publish();
    const { record_id: recordId } = await stage.db
      .selectFrom("tracks")
      .select("record_id")
      .where("id", "=", trackId)
      .executeTakeFirstOrThrow();
    const rows = () =>
      stage.db
        .selectFrom("tracks")
        .innerJoin("pds_records", "pds_records.id", "tracks.record_id")
        .select(["rkey", "confirmed_cid", "confirmed_version", "blob", "blob_refused"])
        .where("tracks.id", "=", trackId)
        .executeTakeFirstOrThrow();
    const { confirmed_version } = await rows();
    return {
      payload: { trackId, recordId, did },
      asksPds: true,
      forget: async () => {
        const unconfirmed = { confirmed_version: confirmed_version - 1, confirmed_cid: null };
        await stage.db.updateTable("pds_records").set(unconfirmed).where("id", "=", recordId).execute();
      },
      effect: rows,
    };
  },

  [writeList.name]: async () => {
    const { db, background, listener: did } = stage;
    const albums = openAlbums({ db, outbox: background.outbox, namespace: NAMESPACE });
    const album = await albums.create(did, { title: "Twice", description: "" });
    await until(
      "it is on the PDS",
      async () => (await albums.view(album.id, did)).write?.state === "confirmed",
    );
    const { id } = await recordOf(db, album.uri);
    return {
      payload: { listId: album.id, recordId: id, did },
      asksPds: true,
      forget: async () => {
        const unconfirmed = { confirmed_version: 0, confirmed_cid: null };
        await db.updateTable("pds_records").set(unconfirmed).where("id", "=", id).execute();
      },
      effect: async () => {
        const { rkey, wish, wish_version, confirmed_cid } = await recordOf(db, album.uri);
        return { rkey, wish, wish_version, confirmed_cid };
      },
    };
  },

  [writeStatus.name]: async () => {
    const { db, background, listener: did } = stage;
    const names = { play: "fm.teal.test.feed.play", status: "fm.teal.test.actor.status" };
    const heard = { title: "Rain", artist: "Mira", duration: 9, album: null };
    const track = { ...heard, url: "https://plyr.test/1", serviceUrl: "https://plyr.test" };
    const now = new Date();
    const later = new Date(now.getTime() + 3_600_000);
    const content = statusRecord(names, track, now, later);
    const wish = { did, collection: names.status, rkey: "self", content, shared: true };
    const id = await background.outbox.transact(async (tx, schedule) => {
      const recordId = await wishRecord(tx, wish);
      await schedule(writeStatus, { recordId, did });
      return recordId;
    });
    const row = () =>
      db
        .selectFrom("pds_records")
        .select(["wish", "state", "confirmed_cid"])
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
    await until("it is on the PDS", async () => (await row()).state === "confirmed");
    return {
      payload: { recordId: id, did },
      asksPds: true,
      forget: async () => {
        const unconfirmed = { confirmed_version: 0, confirmed_cid: null };
        await db.updateTable("pds_records").set(unconfirmed).where("id", "=", id).execute();
      },
      effect: row,
    };
  },

  [withdrawTrack.name]: async () => {
    const trackId = await publish();
    await stage.likes.like(stage.listener, trackId);
    await stage.releases.remove(stage.listener, trackId);
    const left = async () => ({
      tracks: await stage.db.selectFrom("tracks").select("id").where("id", "=", trackId).execute(),
      likes: await stage.db.selectFrom("likes").select("did").where("track_id", "=", trackId).execute(),
      intents: await stage.db.selectFrom("intents").select("id").where("state", "=", "open").execute(),
    });
    await until("it is gone", async () => {
      const { tracks, intents } = await left();
      return tracks.length + intents.length === 0;
    });
    // Each of its steps commits by itself: there is nothing that it could have done and not recorded.
    return { payload: { trackId }, asksPds: false, forget: () => Promise.resolve(), effect: left };
  },

  [leave.name]: async () => {
    const did = "did:web:leaver.test";
    await stage.db.insertInto("people").values({ did, handle: "leaver.test" }).execute();
    const { outbox } = stage.background;
    await openDepartures({ db: stage.db, outbox }).begin(did, "remove");
    const left = () => stage.db.selectFrom("people").select("did").where("did", "=", did).execute();
    await until("they are gone", async () => (await left()).length === 0);
    // What makes it done is one transaction, and the last that it does.
    return { payload: { did }, asksPds: false, forget: () => Promise.resolve(), effect: left };
  },

  [exportMedia.name]: async () => {
    await publish();
    const exports = openExports({ db: stage.db, outbox: stage.background.outbox });
    const { state } = await exports.begin(stage.listener);
    const made = async () => {
      const found = await exports.find(stage.listener, state.id);
      return {
        ...found,
        manifest: { ...found.manifest, madeAt: "" },
        state: { ...found.state, expiresAt: null },
      };
    };
    await until("it is made", async () => (await made()).state.status === "done");
    return {
      payload: { exportId: state.id },
      asksPds: false,
      forget: async () => {
        const unfinished = { status: "running", manifest: null, size: null, expires_at: null } as const;
        await stage.db.updateTable("exports").set(unfinished).where("id", "=", state.id).execute();
      },
      effect: made,
    };
  },

  [clearExport.name]: async () => {
    await publish();
    const exports = openExports({ db: stage.db, outbox: stage.background.outbox });
    const { state } = await exports.begin(stage.listener);
    await until("it is made", async () => {
      const now = await exports.find(stage.listener, state.id);
      return now.state.status === "done";
    });
    await exports.remove(stage.listener, state.id);
    const left = () => stage.db.selectFrom("exports").select("status").where("id", "=", state.id).execute();
    await until("it is gone", async () => (await left()).length === 0);
    // It takes the row away when there is nothing else left.
    const forget = () => Promise.resolve();
    return { payload: { exportId: state.id }, asksPds: false, forget, effect: left };
  },

  [scanTrack.name]: async () => {
    const trackId = await publish();
    const scans = () =>
      stage.db
        .selectFrom("copyright_scans")
        .select(["id", "state", "reason", "matches"])
        .where("track_id", "=", trackId)
        .where("settled_at", "is not", null)
        .execute();
    await until("it is scanned", async () => (await scans()).length > 0, { within: 20_000 });
    return {
      payload: { trackId },
      asksPds: false,
      forget: async () => {
        const open = { state: "pending", settled_at: null } as const;
        await stage.db.updateTable("copyright_scans").set(open).where("track_id", "=", trackId).execute();
      },
      effect: scans,
    };
  },

  [sendNotice.name]: async () => {
    const { outbox } = stage.background;
    const noticeId = await outbox.transact((tx, schedule) =>
      scheduleNotice(tx, schedule, { kind: "test", about: "a test", text: "Something happened", facts: {} }),
    );
    const told = () =>
      stage.db.selectFrom("notices").select(["state", "told"]).where("id", "=", noticeId).execute();
    await until("it is settled", async () => (await told())[0]?.state === "kept");
    return {
      payload: { noticeId },
      asksPds: false,
      forget: async () => {
        await stage.db.updateTable("notices").set({ state: "waiting" }).where("id", "=", noticeId).execute();
      },
      effect: told,
    };
  },
};

/** A track of the listener's own, on their PDS. */
async function publish(): Promise<number> {
  const did = stage.listener;
  const file = await stage.releases.receive(did, Readable.from([await makeAudio("mp3", 1)]));
  const { trackId } = await stage.releases.accept(did, file, { fileName: "tone.mp3" });
  await until("it is on the PDS", async () => {
    const { phase } = await stage.db
      .selectFrom("uploads")
      .select("phase")
      .where("track_id", "=", trackId)
      .executeTakeFirstOrThrow();
    return phase === "done";
  });
  return trackId;
}

interface CarriedOut {
  payload: unknown;
  /** Whether carrying it out once more asks the PDS. */
  asksPds: boolean;
  /** Leaves the database as if the process had died right after the effect, before it was recorded. */
  forget: () => Promise<void>;
  effect: () => Promise<unknown>;
}

test.each(registry)(
  "$task.name, carried out twice, leaves what it leaves once (incident 5)",
  async ({ task }) => {
    const { payload, asksPds, forget, effect } =
      (await carriedOut[task.name]?.()) ?? expect.fail("tell this test about it");
    const once = await effect();
    await forget();
    const calls = stage.gate.passages.length;
    const id = await stage.background.outbox.schedule(task, payload);
    await until("it is carried out again", async () => {
      const open = await stage.db.selectFrom("intents").select("id").where("id", "=", id).execute();
      return open.length === 0;
    });
    expect(stage.gate.passages.length > calls).toBe(asksPds);
    expect(await effect()).toEqual(once);
  },
);
