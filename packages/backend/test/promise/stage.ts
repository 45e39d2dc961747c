import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AtpAgent } from "@atproto/api";
import { startGatedPds, startPostgres, startRedis, until, Visitor, type Gate, type Redis } from "@plyr/dev";
import type { Kysely } from "kysely";
import { z } from "zod";
import { migrateToLatest } from "../../src/database/migrate.js";
import { openDatabase } from "../../src/database/open.js";
import type { Schema } from "../../src/database/schema.js";
import { collectionsOf, type Collections } from "../../src/records/collections.js";
import type { Role } from "../../src/settings/role.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { NAMESPACE, serve, type Serving } from "./serving.js";

const collections = collectionsOf(NAMESPACE);
const TRACK_CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";

export const likeReply = z.object({
  liked: z.boolean(),
  write: z.object({ state: z.string(), uri: z.string(), reason: z.string().nullable() }).nullable(),
});

/** A like record as its owner's PDS gives it to anybody who asks. */
const onPds = z.object({
  uri: z.string(),
  cid: z.string(),
  value: z.object({
    $type: z.string(),
    subject: z.object({ uri: z.string(), cid: z.string() }),
    createdAt: z.iso.datetime(),
  }),
});
export type LikeOnPds = z.infer<typeof onPds>;

export interface Track {
  readonly id: number;
  readonly uri: string;
  readonly cid: string;
}

/**
 * All of it real, in processes of their own: the PDS behind a gate, Postgres (or the embedded database), Redis, the
 * service, and a listener who has signed in through the PDS's OAuth pages.
 */
export interface Stage extends AsyncDisposable {
  readonly gate: Gate;
  readonly redis: Redis;
  /** Of all processes of the service; files are in its folder `storage`. */
  readonly dataDir: string;
  readonly tracks: readonly Track[];
  readonly listener: string;
  /** Names the records' collections. */
  readonly collections: Collections;
  /** The PDS itself, past the gate. */
  readonly past: string;
  /** The service's database, past the service. Undefined where it is embedded: its process has it for itself. */
  readonly db: Kysely<Schema> | undefined;
  readonly databaseUrl: string | undefined;
  /** Starts (one more) process of the service. `docketUrl` null: docket is disabled. `entry`: another program. */
  serve(
    role?: Role,
    docketUrl?: string | null,
    env?: Record<string, string>,
    entry?: string,
  ): Promise<Serving>;
  /** The listener's browser, signed in. */
  signIn(serving: Serving): Promise<Visitor>;
  /** All of the listener's like records, read past the gate. */
  likesOnPds(): Promise<LikeOnPds[]>;
  /** Resolves when the PDS has one record per live like and none besides, and the service says so; gives the ms it took. */
  agreed(visitor: Visitor, options: { within: number }): Promise<number>;
}

export async function setStage(options: { embedded?: boolean; tracks?: number } = {}): Promise<Stage> {
  await using starting = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "plyr-promise-"));
  starting.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { pds, gate } = starting.use(await startGatedPds());
  const redis = starting.use(await startRedis());
  const databaseUrl =
    options.embedded === true ? undefined : await starting.use(await startPostgres()).createDatabase();

  const artist = await pds.createAccount({ handle: "artist.test", password: "artist-password" });
  const account = await pds.createAccount({ handle: "listener.test", password: "listener-password" });
  const seeding = await openDatabase({ dataDir, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
  const tracks: Track[] = [];
  try {
    await migrateToLatest(seeding);
    for (let number = 1; number <= (options.tracks ?? 1); number++) {
      const rkey = `track${String(number)}`;
      const { id } = await adoptTrack(seeding, {
        artist: { did: artist.did, handle: artist.handle, displayName: "An Artist" },
        track: {
          title: `Track ${String(number)}`,
          fileType: "wav",
          duration: 9,
          audioUrl: `${pds.url}/audio`,
        },
        record: { collection: collections.track, rkey, content: { title: rkey }, cid: TRACK_CID },
      });
      tracks.push({ id, uri: `at://${artist.did}/${collections.track}/${rkey}`, cid: TRACK_CID });
    }
  } finally {
    if (databaseUrl === undefined) await seeding.destroy();
    else starting.defer(() => seeding.destroy());
  }

  const past = new AtpAgent({ service: pds.listenUrl });
  const likesOnPds = async (): Promise<LikeOnPds[]> => {
    const { data } = await past.com.atproto.repo.listRecords({
      repo: account.did,
      collection: collections.like,
      limit: 100,
    });
    return z.array(onPds).parse(data.records);
  };
  const stack = starting.move();
  return {
    gate,
    redis,
    dataDir,
    tracks,
    listener: account.did,
    collections,
    past: pds.listenUrl,
    db: databaseUrl === undefined ? undefined : seeding,
    databaseUrl,
    async serve(role, docketUrl = redis.url, env = {}, entry) {
      const serving = await serve(
        {
          ...{ pds, dataDir, databaseUrl, docketUrl: docketUrl ?? undefined, env },
          ...(entry === undefined ? {} : { entry }),
        },
        role,
      );
      stack.defer(() => serving.program.close());
      return serving;
    },
    async signIn({ url }) {
      const visitor = new Visitor(url);
      await visitor.signIn(account);
      return visitor;
    },
    likesOnPds,
    async agreed(visitor, { within }) {
      const began = performance.now();
      await until(
        "the PDS has exactly what the database wishes",
        async () => {
          const wished = await wishes(visitor, tracks);
          const records = await likesOnPds();
          return (
            wished.every(({ settled }) => settled) &&
            same(
              wished.flatMap(({ uri }) => (uri === null ? [] : [uri])),
              records.map(({ uri }) => uri),
            )
          );
        },
        { within, every: 100 },
      );
      return performance.now() - began;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What the service says of each track: the record that should be there, and whether the PDS is known to be so. */
async function wishes(visitor: Visitor, tracks: readonly Track[]) {
  return Promise.all(
    tracks.map(async ({ id }) => {
      const { liked, write } = likeReply.parse((await visitor.get(`/tracks/${String(id)}/like`)).json());
      return {
        uri: liked ? (write?.uri ?? null) : null,
        settled: liked ? write?.state === "confirmed" : write === null,
      };
    }),
  );
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && [...left].sort().join() === [...right].sort().join();
}

/** The 95th percentile and the median, for people to read. */
export function percentiles(times: readonly number[]): { median: number; p95: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? 0;
  return { median: at(0.5), p95: at(0.95) };
}
