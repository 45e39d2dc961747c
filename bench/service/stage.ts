import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adoptTrack, collectionsOf, migrateToLatest, openDatabase } from "@plyr/backend";
import {
  freePort,
  Program,
  startGatedPds,
  startPostgres,
  startRedis,
  until,
  Visitor,
  type Gate,
  type Redis,
} from "@plyr/dev";
import { z } from "zod";

const NAMESPACE = "fm.plyr.bench";
const CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";
const PROGRAM = join(createRequire(import.meta.url).resolve("@plyr/backend"), "../bin/serve.js");

/** The whole service as in production: a process of its own, with Postgres, Redis, and a PDS behind a gate. */
export interface Stage extends AsyncDisposable {
  readonly url: string;
  readonly gate: Gate;
  readonly redis: Redis;
  /** On their PDS as far as the service knows. */
  readonly tracks: readonly number[];
  /** The header with which a person is signed in. */
  readonly cookie: string;
  /** What the service has logged last as an error. */
  readonly lastError: () => string;
  /** Resolves when nothing is owed to the PDS. */
  quiet(): Promise<void>;
}

export async function setStage(tracks: number): Promise<Stage> {
  await using starting = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "plyr-bench-"));
  starting.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { pds, gate } = starting.use(await startGatedPds());
  const redis = starting.use(await startRedis());
  const databaseUrl = await starting.use(await startPostgres()).createDatabase();
  const artist = await pds.createAccount({ handle: "artist.test", password: "artist-password" });
  const listener = await pds.createAccount({ handle: "listener.test", password: "listener-password" });

  const db = await openDatabase({ databaseUrl, dataDir });
  starting.defer(() => db.destroy());
  await migrateToLatest(db);
  const ids: number[] = [];
  for (let number = 1; number <= tracks; number++) {
    const rkey = `track${String(number)}`;
    const { id } = await adoptTrack(db, {
      artist: { did: artist.did, handle: artist.handle, displayName: null },
      track: { title: rkey, fileType: "mp3", duration: 180, audioUrl: `${pds.url}/audio` },
      record: { collection: collectionsOf(NAMESPACE).track, rkey, content: { title: rkey }, cid: CID },
    });
    ids.push(id);
  }

  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  let lastError = "none was logged";
  const program = new Program({
    name: "the service",
    onOutput: (text) => {
      for (const line of text.split("\n")) if (line.startsWith('{"level":"error"')) lastError = line;
    },
    command: process.execPath,
    args: [PROGRAM],
    grace: 40_000,
    env: {
      PATH: process.env["PATH"],
      PLYR_ENV: "development",
      PORT: String(port),
      PUBLIC_URL: url,
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      DOCKET_URL: redis.url,
      SESSION_KEY: randomBytes(32).toString("base64"),
      COLLECTION_NAMESPACE: NAMESPACE,
      PLC_URL: pds.plcUrl,
      HANDLE_RESOLVER_URL: pds.url,
      LOG_LEVEL: "warn",
    },
  });
  starting.defer(() => program.close());
  await program.start();
  await until("the service answers", async () => (await fetch(`${url}/health`)).ok, { within: 60_000 });
  const visitor = new Visitor(url);
  await visitor.signIn(listener);
  const stack = starting.move();
  return {
    url,
    gate,
    redis,
    tracks: ids,
    cookie: `plyr_session=${z.string().parse(visitor.cookie("plyr_session"))}`,
    lastError: () => lastError,
    async quiet() {
      await until(
        "nothing is owed to the PDS",
        async () =>
          (await db.selectFrom("intents").select("id").where("state", "=", "open").limit(1).execute())
            .length === 0,
        { within: 180_000 },
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
