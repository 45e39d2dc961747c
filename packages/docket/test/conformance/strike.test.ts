import { expect } from "vitest";
import { ids, LEASE, newTask, only, onBothStores, test, type Desk } from "../desk.js";

const all = { task: "task", where: "" };
const group = { name: "g", rate: undefined };

function strike(desk: Desk, where = ""): Promise<boolean> {
  return desk.store.strike({ task: "task", where }, "because");
}

onBothStores("a struck task", () => {
  test("isn't started, also what is added later; others go on; restored, all go on in order", async ({
    desk,
  }) => {
    await desk.store.add([newTask("before"), newTask("other", { name: "other" })]);
    await strike(desk);
    await desk.add("during", { group });
    const other = only(await desk.claim("w", 9));
    expect(other.id).toBe("other");
    await desk.finish("w", other);
    expect(await desk.store.snapshot()).toMatchObject({ held: 2, waiting: 0, nextAt: undefined });
    desk.clock.advance("1d");
    expect(await desk.claim("w", 9)).toEqual([]);
    expect(await desk.store.restore(all)).toBe(true);
    expect(await desk.store.restore(all)).toBe(false);
    await desk.add("after");
    const claims = await desk.claim("w", 9);
    expect(claims.map(({ id, attempt, delivery }) => [id, attempt, delivery])).toEqual([
      ["before", 1, 1],
      ["during", 1, 1],
      ["after", 1, 1],
    ]);
  });

  test("may be struck for some payloads only, by their fields", async ({ desk }) => {
    await strike(desk, '{"host":"a","n":1}');
    await desk.store.add([
      newTask("both", { payload: '{"host":"a","n":1,"more":[]}' }),
      { ...newTask("traced", { payload: '{"host":"a","n":1}' }), carried: "00-trace-01" },
      newTask("one", { payload: '{"host":"a","n":2}' }),
      newTask("as text", { payload: '{"host":"a","n":"1"}' }),
      newTask("none", { payload: '"a"' }),
    ]);
    expect(ids(await desk.claim("w", 9))).toEqual(["one", "as text", "none"]);
    expect((await desk.store.strikes()).map(({ held }) => held)).toEqual([2]);
    expect(await desk.store.restore(all)).toBe(false);
    expect(await desk.store.restore({ task: "task", where: '{"host":"a","n":1}' })).toBe(true);
    expect(ids(await desk.claim("w", 9))).toEqual(["both", "traced"]);
  });

  test("stays held by one strike when another that matches it ends", async ({ desk }) => {
    await strike(desk, '{"n":1}');
    await desk.store.add([newTask("one", { payload: '{"n":1}' }), newTask("two", { payload: '{"n":2}' })]);
    expect(ids(await desk.claim("w", 1))).toEqual(["two"]);
    await strike(desk);
    expect(await desk.store.restore({ task: "task", where: '{"n":1}' })).toBe(true);
    expect(await desk.claim("w", 9)).toEqual([]);
    expect((await desk.store.strikes()).map(({ held }) => held)).toEqual([1]);
    await desk.store.restore(all);
    expect(ids(await desk.claim("w", 9))).toEqual(["one"]);
  });

  test("keeps its serial key: what is behind it waits with it", async ({ desk }) => {
    await strike(desk, '{"n":1}');
    await desk.store.add([
      newTask("struck", { serial: "s", payload: '{"n":1}' }),
      newTask("behind", { serial: "s" }),
      newTask("free", { serial: "t" }),
    ]);
    expect(await desk.runAll("w")).toEqual(["free"]);
    expect(await desk.store.snapshot()).toMatchObject({ held: 1, blocked: 1 });
    await desk.store.restore({ task: "task", where: '{"n":1}' });
    expect(await desk.runAll("w")).toEqual(["struck", "behind"]);
  });

  test("does not touch what runs; what runs and fails meanwhile waits, as does what a lost worker had", async ({
    desk,
  }) => {
    await desk.store.add([newTask("retried"), newTask("lost")]);
    const retried = await desk.claim("w", 1);
    await desk.claim("gone", 1);
    await strike(desk);
    await desk.conclude("w", only(retried), { kind: "retry", ms: 1_000 });
    desk.clock.advance(LEASE);
    expect(await desk.claim("w", 9)).toEqual([]);
    await desk.store.restore(all);
    const claims = await desk.claim("w", 9);
    expect(claims.map(({ id, attempt }) => [id, attempt]).sort()).toEqual([
      ["lost", 1],
      ["retried", 2],
    ]);
  });

  test("can be cancelled, and replaced by one that isn't struck", async ({ desk }) => {
    await strike(desk, '{"n":1}');
    const payload = '{"n":1}';
    await desk.store.add([
      newTask("cancelled", { key: "a", payload }),
      newTask("replaced", { key: "b", payload, group }),
      newTask("still", { key: "c", payload, group }),
    ]);
    expect(await desk.claim("w", 9)).toEqual([]);
    expect(await desk.store.cancel("cancelled")).toBe("cancelled");
    await desk.store.replace(newTask("x", { key: "b", payload: '{"n":2}', group }));
    await desk.store.replace(newTask("y", { key: "c", payload: '{"n":1,"m":1}', group }));
    expect(ids(await desk.claim("w", 9))).toEqual(["replaced"]);
    expect(await desk.store.snapshot()).toMatchObject({ held: 1, waiting: 0 });
    await desk.store.restore({ task: "task", where: '{"n":1}' });
    expect(ids(await desk.claim("w", 9))).toEqual(["still"]);
  });

  test("that waits in hundreds goes on whole, in order", async ({ desk }) => {
    await strike(desk);
    const names = Array.from({ length: 650 }, (_, at) => `t${String(at).padStart(3, "0")}`);
    await desk.store.add(names.map((id) => newTask(id)));
    while ((await desk.store.snapshot()).waiting > 0) await desk.claim("w", 100);
    expect(await desk.store.snapshot()).toMatchObject({ held: 650 });
    await desk.store.restore(all);
    const order: string[] = [];
    while (order.length < names.length) {
      const { claims, nextMs } = await desk.settle("w", { want: 100, sleepMs: 125_000 });
      order.push(...ids(claims));
      if (claims.length === 0) expect(nextMs).toBe(0);
    }
    expect(order).toEqual(names);
  });

  test("costs a sleeping worker nothing, and wakes it when it is restored", async ({ desk }) => {
    await desk.sleep("w", 1);
    await strike(desk);
    await desk.add("a");
    expect(await desk.messages("w")).toEqual([]);
    expect((await desk.sleep("w", 1)).nextMs).toBe(125_000);
    await desk.store.restore(all);
    expect(ids(await desk.hear("w", 1))).toEqual(["a"]);
  });

  test("is listed with its reason; of as many as may stand, one more is refused", async ({ desk }) => {
    await desk.store.strike({ task: "a\t%", where: '{"x":"é"}' }, "a\treason");
    const since = desk.clock.now();
    expect(await desk.store.strikes()).toEqual([
      { task: "a\t%", where: '{"x":"é"}', since, reason: "a\treason", held: 0 },
    ]);
    for (let n = 1; n < 1_000; n += 1) await strike(desk, `{"n":${String(n)}}`);
    expect(await strike(desk, '{"n":1000}')).toBe(false);
    expect(await strike(desk, '{"n":1}')).toBe(true);
    for (const { task, where } of await desk.store.strikes()) await desk.store.restore({ task, where });
    expect(await desk.store.strikes()).toEqual([]);
  });
});
