import { afterAll, expect, test } from "vitest";
import { Docket, StoreUnavailable } from "../../src/index.js";
import { RedisServer } from "../redis-server.js";
import { until } from "../until.js";
import { chore, type Chores } from "./chores.js";
import { Sentinel } from "./sentinel.js";

/**
 * A closed client that no sentinel had answered looks once more when its pause is over, of a second at most, and drops what
 * it hears; then it holds the line to a sentinel that refused it for two seconds. So long it keeps a process from ending.
 */
const LETS_GO_MS = 3_500;
afterAll(async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  await until("the clients have let go", () => timers() === 0, LETS_GO_MS);
});

test.for(["is killed", "hangs"] as const)(
  "a primary that %s: sentinels name another, and adders and workers go on there by themselves with all that was copied",
  async (trouble) => {
    await using stack = new AsyncDisposableStack();
    const primary = stack.use(await RedisServer.start(["--repl-diskless-sync-delay", "0"]));
    const replica = stack.use(await RedisServer.start(["--replicaof", `127.0.0.1 ${String(primary.port)}`]));
    const sentinel = stack.use(await Sentinel.over(primary.port, ["requirepass sesame"]));
    await sentinel.ready(1, ":sesame@");
    const ran: number[] = [];
    const there = `127.0.0.1:${String(sentinel.port)}`;
    const open = async (hosts: string, password = "sesame"): Promise<Docket<Chores>> => {
      const docket = await Docket.open({
        url: `redis+sentinel://${hosts}/main?sentinel-password=${password}`,
        tasks: [chore],
        services: { run: (n: number) => Promise.resolve(ran.push(n)) },
      });
      stack.defer(() => docket.close());
      return docket;
    };
    const docket = await open(`127.0.0.1:1,${there}`); // one of them is never there
    const worker = (await open(there)).worker();
    stack.defer(() => worker.stop({ drain: 0 }));
    await worker.start();
    await docket.add(chore, 1);
    await until("it has run", () => ran.length === 1);
    await docket.add(chore, 2, { key: "2", delay: "1h" });
    await expect((await open(there, "guess")).add(chore, 9)).rejects.toThrow(StoreUnavailable);
    await until("all is copied", async () => (await primary.ask((redis) => redis.wait(1, 1_000))) === 1);

    if (trouble === "hangs") primary.hang();
    else await primary.kill();
    await until("it is taken", () => docket.add(chore, 3, { key: "3" }), 20_000);
    await until("it has run", () => ran.includes(3));
    expect(await docket.wake(["2"])).toBe(1);
    await until("what had been copied has run", () => ran.includes(2));
    expect(ran).toEqual([1, 3, 2]);
    expect(await replica.ask((redis) => redis.info("replication"))).toContain("role:master");
  },
);
