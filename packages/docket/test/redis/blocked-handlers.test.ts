import { describe, expect } from "vitest";
import { prefixOf } from "../../src/store/redis/keys.js";
import { until } from "../until.js";
import { slow, stuck, type Blocking } from "./blocking.js";
import { Child } from "./children.js";
import { chore } from "./chores.js";
import { test, type Harbour } from "./harbour.js";

const SHORT_MS = 1_000;
/** Long enough for a crowded machine to renew it in time. */
const LEASE_MS = 2_000;
const nobody: Blocking = { began: () => undefined, aborted: () => undefined };

function child(
  { server, name }: Harbour,
  blocks: { graceMs?: number; leaseMs?: number },
  url = server.url,
): Promise<Child> {
  return Child.start({ url, name, skewMs: 0, work: true, blocks: { leaseMs: SHORT_MS, ...blocks } });
}

/** How many connections others than whoever asks have, those that wait for an end left aside. */
async function connections({ server }: Harbour): Promise<number> {
  const list = String(await server.ask((redis) => redis.call("CLIENT", ["LIST"])));
  return list.split("\n").filter((line) => line.includes(" sub=0 ")).length - 1;
}

describe("a handler that blocks its process's event loop", () => {
  test.for([
    ["loop", 3],
    ["call", 1.5],
  ] as const)(
    "in a %s for %s leases is run once, and settles, though another worker looks for work",
    async ([how, leases], { harbour }) => {
      harbour.workersWereKilled = true;
      const docket = await harbour.open(nobody, [slow], { deliveryCap: 1 });
      await using worker = await child(harbour, { graceMs: 60_000, leaseMs: LEASE_MS });
      const handle = await docket.add(slow, { n: 1, how, ms: leases * LEASE_MS });
      await until("it has begun", () => worker.began.length === 1);
      await harbour.worker(docket, 1);
      const before = await connections(harbour);
      await until("it has another connection", async () => (await connections(harbour)) === before + 1);
      expect(await handle.result()).toBe(1);
      expect(worker.began).toEqual([1]);
      expect((await docket.snapshot()).counts["recovered"] ?? 0).toBe(0);
      await until("it has let go of it", async () => (await connections(harbour)) === before);
    },
  );

  test("and has lost its lease all the same, learns of it when it gives way", async ({ harbour }) => {
    harbour.workersWereKilled = true;
    const docket = await harbour.open(nobody, [slow]);
    await using worker = await child(harbour, { graceMs: 60_000 });
    const { id } = await docket.add(slow, { n: 1, how: "loop", ms: 2 * SHORT_MS });
    await until("it has begun", () => worker.began.length === 1);
    await harbour.server.ask((redis) => redis.hset(`${prefixOf(harbour.name)}runs`, id, "1:2:0:somebody"));
    await until("it knows", () => worker.aborted.length === 1);
    expect(worker.aborted).toEqual(["LeaseLost"]);
  });

  test.for(["loop", "loop later"] as const)(
    "for ever (%s) is ended with its process; what else ran there goes on elsewhere, and it is a dead letter in the end",
    async (how, { harbour }) => {
      harbour.workersWereKilled = true;
      const { server } = harbour;
      await server.ask((redis) =>
        redis.call("ACL", ["SETUSER", "plyr", "on", ">sesame", "~*", "&*", "+@all"]),
      );
      const url = `redis://plyr:sesame@127.0.0.1:${String(server.port)}`;
      const ran: number[] = [];
      const chores = await harbour.open({ run: (n: number) => Promise.resolve(ran.push(n)) }, [chore]);
      const docket = await harbour.open(nobody, [stuck], { deliveryCap: 2 });

      await using first = await child(harbour, { graceMs: 200 }, url);
      // May take five minutes: who blocks is known only where a handler was entered and never left.
      if (how === "loop") await chores.add(chore, 7);
      await until("the other one has begun", () => first.began.length === (how === "loop" ? 1 : 0));
      await docket.add(stuck, { n: 1, how, ms: 3_600_000 });
      await until("it is ended", () => first.endedBy === "SIGKILL");
      expect(first.began).toEqual(how === "loop" ? [7, 1] : [1]);
      expect(first.complaints).toMatch(/event loop has been blocked for \d+ ms.* of stuck \S+\. Have/);
      expect(first.complaints).not.toContain("sesame");

      if (how === "loop later") return;
      await harbour.worker(chores, 1);
      await until("the other one is done elsewhere", () => ran.includes(7));
      await using second = await child(harbour, { graceMs: 200 }, url);
      await until("it has begun again", () => second.began.length === 1);
      await until("that process is ended, too", () => second.endedBy === "SIGKILL");

      await harbour.worker(docket, 1);
      const letter = await until("it is dead", async () => (await docket.deadLetters())[0]);
      expect(letter).toMatchObject({ task: "stuck", cause: "deliveries" });
    },
  );
});
