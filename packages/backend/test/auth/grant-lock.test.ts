import { startPostgres, until, type Postgres } from "@plyr/dev";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { AdvisoryLocks } from "../../src/auth/advisory-locks.js";
import { openGrantLock } from "../../src/auth/grant-lock.js";
import { LockBusy, Turns } from "../../src/auth/turns.js";

let postgres: Postgres;
let url: string;
let one: AdvisoryLocks;
let other: AdvisoryLocks;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
});

afterAll(() => postgres.close());

beforeEach(() => {
  one = new AdvisoryLocks(url);
  other = new AdvisoryLocks(url);
});

afterEach(async () => {
  await one.close();
  await other.close();
});

/** Work that begins, and goes on until it is told to end. */
function heldWork() {
  const begun = Promise.withResolvers<undefined>();
  const ended = Promise.withResolvers<undefined>();
  const work = async () => {
    begun.resolve(undefined);
    await ended.promise;
    return "done";
  };
  return {
    work,
    begun: begun.promise,
    end: () => {
      ended.resolve(undefined);
    },
  };
}

test("two connections never work under one name at the same time", async () => {
  let working = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, (working += 1));
    await new Promise((resolve) => setImmediate(resolve));
    working -= 1;
  };
  const processes = [
    { turns: new Turns(), locks: one },
    { turns: new Turns(), locks: other },
  ];
  await Promise.all(
    processes.flatMap(({ turns, locks }) =>
      Array.from({ length: 10 }, () => turns.take("ana", 10_000, () => locks.hold("ana", 10_000, work))),
    ),
  );
  expect(most).toBe(1);
});

test("one name does not wait for another, however many are held", async () => {
  const held = Array.from({ length: 12 }, heldWork);
  const all = held.map(({ work }, index) => one.hold(`person-${String(index)}`, 1_000, work));
  await Promise.all(held.map(({ begun }) => begun));
  expect(await one.hold("somebody else", 1_000, () => "went on")).toBe("went on");
  held.forEach(({ end }) => {
    end();
  });
  expect(await Promise.all(all)).toEqual(held.map(() => "done"));
});

test("the wait has an end, and the work does not begin after it", async () => {
  const { work, begun, end } = heldWork();
  const first = one.hold("ana", 1_000, work);
  await begun;
  let began = false;
  await expect(
    other.hold("ana", 100, () => {
      began = true;
    }),
  ).rejects.toThrow(LockBusy);
  expect(began).toBe(false);
  end();
  expect(await first).toBe("done");
  expect(await other.hold("ana", 1_000, () => "free again")).toBe("free again");
});

test("work that fails frees the lock", async () => {
  await expect(one.hold("ana", 1_000, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await other.hold("ana", 1_000, () => "mine")).toBe("mine");
});

test("a holder whose connection dies loses the lock, and asks on a new connection afterwards", async () => {
  const { work, begun, end } = heldWork();
  const first = one.hold("ana", 1_000, work);
  await begun;
  const operator = new pg.Client({ connectionString: url });
  await operator.connect();
  const connections =
    "from pg_stat_activity where application_name = 'plyr grant lock' and datname = current_database()";
  await operator.query(`select pg_terminate_backend(pid) ${connections}`);
  await until(
    "the connection is gone",
    async () => (await operator.query(`select pid ${connections}`)).rowCount === 0,
  );

  expect(await other.hold("ana", 1_000, () => "taken over")).toBe("taken over");
  end();
  expect(await first).toBe("done");
  expect(await one.hold("ana", 1_000, () => "back")).toBe("back");
  await operator.end();
});

test("Postgres away is an error, and no harm later", async () => {
  const away = new AdvisoryLocks(`${url}_missing`);
  await expect(away.hold("ana", 1_000, () => "never")).rejects.toThrow("does not exist");
  await expect(away.hold("ana", 1_000, () => "never")).rejects.toThrow("does not exist");
  await away.close();
});

test("within a process callers come in the order of asking, and one that gives up lets nobody past", async () => {
  const turns = new Turns();
  const { work, begun, end } = heldWork();
  const order: string[] = [];
  const first = turns.take("ana", 1_000, work);
  await begun;
  const impatient = turns.take("ana", 20, () => order.push("impatient"));
  const third = turns.take("ana", 5_000, () => order.push("third"));
  await expect(impatient).rejects.toThrow(LockBusy);
  const fourth = turns.take("ana", 5_000, () => order.push("fourth"));
  expect(order).toEqual([]);
  end();
  await Promise.all([first, third, fourth]);
  expect(order).toEqual(["third", "fourth"]);
});

test("without a server the queue alone decides", async () => {
  const lock = openGrantLock(undefined);
  const { work, begun, end } = heldWork();
  const first = lock.request("ana", work);
  await begun;
  let began = false;
  const second = lock.request("ana", () => {
    began = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(began).toBe(false);
  end();
  await Promise.all([first, second]);
  expect(began).toBe(true);
  await lock.close();
});
