import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AtpAgent } from "@atproto/api";
import { startGatedPds, startPostgres, until, type Gate, type UntilOptions } from "@plyr/dev";
import type { Kysely } from "kysely";
import { z } from "zod";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { openComments, type Comments } from "../../src/comments/comments.js";
import type { LikeState } from "../../src/likes/like-state.js";
import { openLikes, type Likes } from "../../src/likes/likes.js";
import type { PdsSession } from "../../src/pds/client.js";
import { collectionsOf } from "../../src/records/collections.js";
import { openRepositories } from "../../src/repository/open.js";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import { openBackground, type Background, type BackgroundOptions } from "../../src/tasks/background.js";
import { openReleases, type Releases } from "../../src/tracks/releases.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";

export const NAMESPACE = "fm.plyr.test";
/** Any CID will do: nobody resolves what a like refers to. */
export const TRACK_CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
export const collections = collectionsOf(NAMESPACE);

/** A real PDS behind a gate, a real Postgres, a listener who may be written for, and tracks to like. */
export interface Stage extends AsyncDisposable {
  db: Kysely<Schema>;
  gate: Gate;
  listener: string;
  likes: Likes;
  /** The listener may publish, too. */
  releases: Releases;
  comments: Comments;
  background: Background;
  lost: { did: string; reason: string }[];
  /** A track of its own for each test. */
  newTrack(): Promise<Track>;
  /** The listener's likes of a track that the PDS really holds: read past the gate. */
  onPds(track: Track): Promise<LikeOnPds[]>;
  /** The CIDs of all likes of the listener that the PDS really holds, by rkey. */
  everyLike(): Promise<Map<string, string>>;
  /** What the PDS really holds of the listener's comments on a track: read past the gate. */
  commentsOnPds(track: Track): Promise<CommentOnPds[]>;
  /** Resolves when the PDS is as the listener last wished. */
  settled(track: Track, options?: UntilOptions): Promise<LikeState>;
  /** The listener themselves, with an app of their own: past the gate. */
  ownAgent(): Promise<AtpAgent>;
  /** A second process, as far as the database can tell. */
  another(options?: Partial<BackgroundOptions>): Promise<Background>;
  /** Accepts likes, but dies before it can tell any queue. */
  dyingLikes(): Promise<Likes>;
  dyingComments(): Promise<Comments>;
}

export interface Track {
  id: number;
  uri: string;
}

const likeOnPds = z.object({
  uri: z.string(),
  cid: z.string(),
  value: z.looseObject({ subject: z.object({ uri: z.string(), cid: z.string() }) }),
});
export type LikeOnPds = z.infer<typeof likeOnPds>;
const commentOnPds = likeOnPds.extend({
  value: z.looseObject({
    subject: z.object({ uri: z.string(), cid: z.string() }),
    text: z.string(),
    createdAt: z.string(),
    updatedAt: z.string().optional(),
  }),
});
export type CommentOnPds = z.infer<typeof commentOnPds>;

/** Short, so that what takes a minute in life takes a second here. */
const short = {
  sweepInterval: 100,
  probeInterval: 100,
  callLimit: 3_000,
  settle: 8_000,
  pauses: { shortest: 200, longest: 400 },
};

export async function setStage(
  options: Partial<BackgroundOptions> = {},
  place: { rateLimitsEnabled?: boolean } = {},
): Promise<Stage> {
  await using starting = new AsyncDisposableStack();
  const postgres = starting.use(await startPostgres());
  const { pds, gate } = starting.use(await startGatedPds(place));
  const db = await openDatabase({ databaseUrl: await postgres.createDatabase(), dataDir: "" });
  starting.defer(() => db.destroy());
  await migrateToLatest(db);

  const artist = await pds.createAccount({ handle: "artist.test", password: "artist-password" });
  const account = await pds.createAccount({ handle: "listener.test", password: "listener-password" });
  await db.insertInto("people").values({ did: account.did, handle: account.handle }).execute();
  const sessions = new Map<string, PdsSession>([
    [account.did, await appPasswordSession(pds.url, account.handle, account.password)],
  ]);

  const storageDir = await mkdtemp(join(tmpdir(), "plyr-records-"));
  starting.defer(() => rm(storageDir, { recursive: true, force: true }));
  const storage = openFolderStorage(storageDir);
  const lost: Stage["lost"] = [];
  const parts: BackgroundOptions = {
    db,
    docketName: "plyr",
    concurrency: 10,
    worker: true,
    restore: (did) => {
      const session = sessions.get(did);
      return session === undefined
        ? Promise.reject(new Error(`no session of ${did}`))
        : Promise.resolve(session);
    },
    markGrantLost: (did, reason) => {
      lost.push({ did, reason });
      return Promise.resolve();
    },
    storage,
    repositories: openRepositories({ environment: "development", plcUrl: pds.plcUrl }),
    namespace: NAMESPACE,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    ...short,
    ...options,
  };
  let closing = starting;
  const open = async (more: Partial<BackgroundOptions> = {}): Promise<Background> => {
    const background = await openBackground({ ...parts, ...more });
    closing.defer(() => background.stop({ drain: "1s" }));
    await background.start();
    return background;
  };
  const background = await open();
  const past = new AtpAgent({ service: pds.listenUrl });
  const listed = async (collection: string) => {
    const records: { uri: string; cid: string }[] = [];
    let cursor: string | undefined;
    do {
      const place = {
        repo: account.did,
        collection,
        limit: 100,
        ...(cursor === undefined ? {} : { cursor }),
      };
      const { data } = await past.com.atproto.repo.listRecords(place);
      records.push(...data.records);
      cursor = data.records.length === 0 ? undefined : data.cursor;
    } while (cursor !== undefined);
    return records;
  };
  let tracks = 0;
  const likes = openLikes({ db, outbox: background.outbox, namespace: NAMESPACE });
  const dyingOutbox = async () => {
    const dying = await openBackground(parts);
    closing.defer(() => dying.stop());
    return dying.outbox;
  };
  const stack = starting.move();
  closing = stack;

  return {
    db,
    gate,
    listener: account.did,
    likes,
    releases: openReleases({
      db,
      outbox: background.outbox,
      storage,
      namespace: NAMESPACE,
      publicUrl: "http://127.0.0.1:8000",
      maxUploadBytes: 10_000_000,
    }),
    comments: openComments({ db, outbox: background.outbox, namespace: NAMESPACE }),
    background,
    lost,
    async newTrack() {
      tracks += 1;
      const rkey = `track${String(tracks)}`;
      const { id } = await adoptTrack(db, {
        artist: { did: artist.did, handle: artist.handle, displayName: null },
        track: {
          title: `Track ${String(tracks)}`,
          fileType: "wav",
          duration: 9,
          audioUrl: "http://localhost/audio",
        },
        record: {
          collection: collections.track,
          rkey,
          content: { title: `Track ${String(tracks)}` },
          cid: TRACK_CID,
        },
      });
      return { id, uri: `at://${artist.did}/${collections.track}/${rkey}` };
    },
    async onPds(track) {
      const records = z.array(likeOnPds).parse(await listed(collections.like));
      return records.filter(({ value }) => value.subject.uri === track.uri);
    },
    async everyLike() {
      const records = await listed(collections.like);
      return new Map(records.map(({ uri, cid }) => [uri.split("/").at(-1) ?? "", cid]));
    },
    async commentsOnPds(track) {
      const records = z.array(commentOnPds).parse(await listed(collections.comment));
      return records.filter(({ value }) => value.subject.uri === track.uri);
    },
    settled: (track, within) =>
      until(
        `the like of ${track.uri} is settled`,
        async () => {
          const state = await likes.state(account.did, track.id);
          return (state.liked ? state.write?.state === "confirmed" : state.write === null) && state;
        },
        within,
      ),
    async ownAgent() {
      const agent = new AtpAgent({ service: pds.listenUrl });
      await agent.login({ identifier: account.handle, password: account.password });
      return agent;
    },
    another: open,
    dyingLikes: async () => openLikes({ db, outbox: await dyingOutbox(), namespace: NAMESPACE }),
    dyingComments: async () => openComments({ db, outbox: await dyingOutbox(), namespace: NAMESPACE }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** In place of OAuth, whose own tests are elsewhere: the account's password. */
async function appPasswordSession(
  service: string,
  identifier: string,
  password: string,
): Promise<PdsSession> {
  const agent = new AtpAgent({ service });
  await agent.login({ identifier, password });
  return {
    did: agent.assertDid,
    fetchHandler: (path, init) => agent.sessionManager.fetchHandler(path, init),
  };
}

/** The like record's row behind a person's newest like of a track. */
export async function recordOf(db: Kysely<Schema>, uri: string) {
  const rkey = uri.split("/").at(-1) ?? "";
  return db.selectFrom("pds_records").selectAll().where("rkey", "=", rkey).executeTakeFirstOrThrow();
}
