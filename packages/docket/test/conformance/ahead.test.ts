import { expect } from "vitest";
import { ids, newTask, onBothStores, SLEEP, taskIn, test } from "../desk.js";

const tasks = ["a", "b", "c", "d"].map((id) => newTask(id));
const due = ["a", "b", "c"].map((id) => newTask(id, { due: { kind: "in", ms: 1_000 } }));

onBothStores("claiming ahead", () => {
  test("gives more than is wanted, in turn, when nobody else has room", async ({ desk }) => {
    await desk.store.add(tasks);
    expect(ids(await desk.claim("w", 1, { ahead: 2 }))).toEqual(["a", "b", "c"]);
    expect(ids(await desk.claim("w", 0, { ahead: 9 }))).toEqual(["d"]);
  });

  test("gives nothing ahead while another worker sleeps that has room: that one is sent it", async ({
    desk,
  }) => {
    await desk.store.add(due);
    await desk.sleep("other", 1);
    await desk.hello("w");
    desk.clock.advance("1s");
    expect(ids(await desk.claim("w", 1, { ahead: 9, sleepMs: SLEEP }))).toEqual(["a"]);
    expect(taskIn(await desk.messages("other")).id).toBe("b");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1 });
  });

  test("doesn't mind a sleeping worker without room", async ({ desk }) => {
    await desk.sleep("full", 1);
    await desk.add("its");
    await desk.store.add(tasks);
    expect(ids(await desk.claim("w", 0, { ahead: 2 }))).toEqual(["a", "b"]);
  });

  test("doesn't mind that the worker itself was asleep", async ({ desk }) => {
    await desk.store.add([...due, newTask("d", { due: { kind: "in", ms: 1_000 } })]);
    await desk.sleep("w", 2);
    desk.clock.advance("1s");
    expect(ids(await desk.claim("w", 1, { ahead: 2, sleepMs: SLEEP }))).toEqual(["a", "b", "c"]);
  });

  test("keeps serial order", async ({ desk }) => {
    await desk.store.add(["a", "b"].map((id) => newTask(id, { serial: "s" })));
    expect(ids(await desk.claim("w", 1, { ahead: 9 }))).toEqual(["a"]);
  });

  test("what goes back from it stands in front again, uncounted", async ({ desk }) => {
    await desk.store.add(tasks);
    const [, ...ahead] = await desk.claim("w", 1, { ahead: 2 });
    for (const claim of ahead.toReversed()) await desk.conclude("w", claim, { kind: "return" });
    const claims = await desk.claim("other", 9);
    expect(ids(claims)).toEqual(["b", "c", "d"]);
    expect(claims[0]).toMatchObject({ attempt: 1, lost: 0, delivery: 2 });
  });
});
