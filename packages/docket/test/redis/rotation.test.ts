import { expect, test } from "vitest";
import { Docket, StoreUnavailable } from "../../src/index.js";
import { RedisServer } from "../redis-server.js";
import { until } from "../until.js";
import { chore, type Chores } from "./chores.js";

test("a password is changed while work goes on: both hold, one process after the other changes, the old one ends", async () => {
  await using server = await RedisServer.start(["--user", "plyr", "on", ">old", "~*", "&*", "+@all"]);
  await using stack = new AsyncDisposableStack();
  const rules = (...rule: string[]) => server.ask((redis) => redis.call("ACL", ["SETUSER", "plyr", ...rule]));
  const ran: number[] = [];
  const open = async (password: string): Promise<Docket<Chores>> => {
    const url = `redis://plyr:${password}@127.0.0.1:${String(server.port)}`;
    const services = { run: (n: number) => Promise.resolve(ran.push(n)) };
    const docket = await Docket.open({ url, tasks: [chore], services });
    stack.defer(() => docket.close());
    return docket;
  };
  let added = 0;
  const add = (docket: Docket<Chores>) => docket.addMany(chore, [(added += 1), (added += 1), (added += 1)]);

  const before = await open("old");
  const first = before.worker();
  await first.start();
  await add(before);

  await rules(">new");
  const after = await open("new");
  await add(after);
  await add(before);
  const second = after.worker();
  stack.defer(() => second.stop());
  await second.start();
  await first.stop();
  await add(before);

  await rules("<old");
  // Who is connected stays so; whoever comes with the old one is refused.
  await server.ask((redis) => redis.call("CLIENT", ["KILL", "USER", "plyr"]));
  await expect((await open("old")).add(chore, 0)).rejects.toThrow(StoreUnavailable);
  await until("it is connected again", () => after.snapshot());
  await add(after);
  await until("all has run", () => ran.length === added);
  expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: added }, (_, at) => at + 1));
});
