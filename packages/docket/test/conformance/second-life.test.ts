import { expect } from "vitest";
import { none } from "../matching.js";
import { newTask, only, onBothStores, test, type Desk } from "../desk.js";

const GROUP = { name: "g", rate: undefined };

async function die(desk: Desk, id: string, spec: Parameters<Desk["add"]>[1] = {}): Promise<void> {
  await desk.add(id, spec);
  await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: "{}" });
}

onBothStores("a task that lives again", () => {
  test("isn't ended by what is told of its life before, late or twice", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    const before = await desk.claimOne("w");
    await desk.conclude("w", before, { kind: "dead", info: "{}" });
    await desk.store.replay("a", { serial: "s", payload: "{}", group: undefined });
    const now = await desk.claimOne("w");
    expect(now).toMatchObject({ attempt: 1, delivery: before.delivery + 1 });
    const { refused } = await desk.conclude("w", before, { kind: "dead", info: "{}" });
    expect(refused).toEqual(["a"]);
    expect(only(await desk.store.find(["k"])).state).toBe("running");
    await desk.finish("w", now);
  });

  test("isn't replayed while it lives because its add was repeated", async ({ desk }) => {
    await die(desk, "a");
    await desk.add("a");
    expect(await desk.store.replay("a")).toBe("key in use");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1, dead: 1, tasks: { task: 1 } });
    expect(await desk.runAll("w")).toEqual(["a"]);
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 0, tasks: none() });
  });

  test("keeps its group when the letter of its life before is thrown away", async ({ desk }) => {
    await die(desk, "a", { group: GROUP });
    await desk.add("a", { group: GROUP });
    await desk.store.discard("a");
    await desk.store.pause(["g"], { kind: "in", ms: 1_000 }, "tested");
    expect(await desk.claim("w", 9)).toEqual([]);
    expect((await desk.store.snapshot()).held).toBe(1);
  });

  test("stays in its trace, also with another payload", async ({ desk }) => {
    await desk.store.add([{ ...newTask("a"), carried: "trace" }]);
    await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: "{}" });
    await desk.store.replay("a", { serial: "", payload: '{"n":2}', group: undefined });
    expect((await desk.claimOne("w")).stored).toMatchObject({ payload: '{"n":2}', carried: "trace" });
  });

  test("is listed where it died last, and found by its key until that is gone", async ({ desk }) => {
    await die(desk, "a", { key: "k" });
    desk.clock.advance("1s");
    await die(desk, "b", { key: "k" });
    expect(await desk.store.find(["k"])).toMatchObject([{ state: "dead", id: "b" }]);
    desk.clock.advance("1s");
    await die(desk, "a", { key: "k" });
    expect((await desk.store.letters(9, 0)).map(({ id }) => id)).toEqual(["a", "b"]);
    await desk.store.discard("a");
    expect(await desk.store.find(["k"])).toMatchObject([{ state: "unknown" }]);
  });
});

onBothStores("what a strike held", () => {
  test("keeps its place when it is replaced as it was, once the strike is over", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    await desk.store.strike({ task: "task", where: "" }, "tested");
    expect(await desk.claim("w", 9)).toEqual([]);
    await desk.store.restore({ task: "task", where: "" });
    await desk.add("b");
    await desk.store.replace(newTask("other", { key: "k", payload: '{"n":2}' }));
    expect(await desk.runAll("w")).toEqual(["a", "b"]);
  });
});

onBothStores("a worker that was silent for an hour", () => {
  test("is forgotten when another comes", async ({ desk }) => {
    await desk.hello("silent");
    desk.clock.advance("2h");
    expect((await desk.store.snapshot()).lastWorkerAt).toBeDefined();
    await desk.hello("new");
    await desk.bye("new");
    expect((await desk.store.snapshot()).lastWorkerAt).toBeUndefined();
  });
});
