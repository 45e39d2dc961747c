import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectionsOf, openDatabase, openLog, parseSettings, startService } from "@plyr/backend";
import { freePort, startPds, startPostgres, startRedis, until, Visitor } from "@plyr/dev";

const NAMESPACE = "fm.plyr.bench";
const { like } = collectionsOf(NAMESPACE);
const SUBJECT = {
  uri: "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/fm.plyr.bench.track/3l3qo2vutsw2b",
  cid: "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
};
const PASSWORD = "bench-password";

/**
 * A PDS without limits, and the whole service beside it. Both ways are the service's, from when likes are accepted until all of
 * them are confirmed, and give the milliseconds that they took.
 */
export interface Arena extends AsyncDisposable {
  /** Each is set apart, as one is that spoilt a batch: so it goes in a call of its own, ten at a time. */
  oneByOne(handle: string, count: number): Promise<number>;
  together(handle: string, count: number): Promise<number>;
}

export async function openArena(): Promise<Arena> {
  await using starting = new AsyncDisposableStack();
  const pds = starting.use(await startPds());
  const redis = starting.use(await startRedis());
  const databaseUrl = await starting.use(await startPostgres()).createDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "plyr-bench-"));
  starting.defer(() => rm(dataDir, { recursive: true, force: true }));
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const settings = parseSettings({
    PLYR_ENV: "development",
    PORT: String(port),
    PUBLIC_URL: url,
    DATABASE_URL: databaseUrl,
    DOCKET_URL: redis.url,
    DATA_DIR: dataDir,
    COLLECTION_NAMESPACE: NAMESPACE,
    PLC_URL: pds.plcUrl,
    HANDLE_RESOLVER_URL: pds.url,
  });
  const service = await startService({ settings, log: openLog("silent") });
  starting.defer(() => service.stop());
  const db = await openDatabase({ databaseUrl, dataDir });
  starting.defer(() => db.destroy());

  async function accept(did: string, count: number, apart: boolean): Promise<void> {
    const numbers = Array.from({ length: count }, (_, index) => index);
    for (let from = 0; from < count; from += 1_000) {
      const some = numbers.slice(from, from + 1_000);
      await db.transaction().execute(async (tx) => {
        const rows = await tx
          .insertInto("pds_records")
          .values(
            some.map((index) => ({
              did,
              collection: like,
              rkey: rkeyOf(index),
              wish: JSON.stringify(record()),
              apart_version: apart ? 1 : null,
            })),
          )
          .returning("id")
          .execute();
        await tx
          .insertInto("intents")
          .values(
            rows.map(({ id }) => ({
              task: "pds.record.write",
              payload: JSON.stringify({ recordId: id, did, about: id }),
              subject: `record:${did}:${id}`,
            })),
          )
          .execute();
      });
    }
  }

  async function carry(handle: string, count: number, apart: boolean): Promise<number> {
    const account = await pds.createAccount({ handle, password: PASSWORD });
    await new Visitor(url).signIn(account);
    await accept(account.did, count, apart);
    const began = performance.now();
    const isDone = async (): Promise<boolean> => {
      const open = await db
        .selectFrom("pds_records")
        .select("id")
        .where("did", "=", account.did)
        .whereRef("confirmed_version", "<", "wish_version")
        .limit(1)
        .execute();
      return open.length === 0;
    };
    await until("all of them are confirmed", isDone, { within: 1_800_000, every: 50 });
    return performance.now() - began;
  }

  const stack = starting.move();
  return {
    oneByOne: (handle, count) => carry(handle, count, true),
    together: (handle, count) => carry(handle, count, false),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function record() {
  return { $type: like, subject: SUBJECT, createdAt: new Date().toISOString() };
}

/** As long as a TID, and in order. */
function rkeyOf(index: number): string {
  return `3l3qo${String(10_000_000 + index)}`;
}
