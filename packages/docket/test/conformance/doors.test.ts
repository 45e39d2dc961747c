import { expect } from "vitest";
import type { Door } from "../../src/store/store.js";
import { newTask, onBothStores, test } from "../desk.js";

function rate(limit: number, of = "g"): readonly Door[] {
  return [{ kind: "rate", limit, perMs: 10_000, task: "task", of }];
}

function cooldown(of = "k"): readonly Door[] {
  return [{ kind: "cooldown", limit: 1, perMs: 10_000, task: "task", of }];
}

onBothStores("a door", () => {
  test("lets as many in as it says within the time, and tells the others of the last that came", async ({
    desk,
  }) => {
    const doors = rate(2);
    expect(await desk.add("a", { doors })).toEqual({ id: "a", added: true });
    desk.clock.advance("4s");
    expect(await desk.add("b", { doors })).toEqual({ id: "b", added: true });
    expect(await desk.add("c", { doors })).toEqual({ id: "b", added: false, refused: "rate" });
    expect(await desk.add("other", { doors: rate(2, "other") })).toEqual({ id: "other", added: true });
    expect(await desk.runAll("w")).toEqual(["a", "b", "other"]);
    desk.clock.advance("6s");
    expect(await desk.add("d", { doors })).toEqual({ id: "d", added: true });
    expect(await desk.add("e", { doors })).toEqual({ id: "d", added: false, refused: "rate" });
    expect(await desk.runAll("w")).toEqual(["d"]);
  });

  test("answers the same add as before, also when its task has ended meanwhile", async ({ desk }) => {
    const doors = cooldown();
    await desk.add("a", { doors });
    expect(await desk.add("a", { doors })).toEqual({ id: "a", added: true });
    expect(await desk.add("b", { doors })).toEqual({ id: "a", added: false, refused: "cooldown" });
    expect(await desk.add("b", { doors })).toEqual({ id: "a", added: false, refused: "cooldown" });
    expect(await desk.runAll("w")).toEqual(["a"]);
    expect(await desk.add("a", { doors })).toEqual({ id: "a", added: true });
    expect(await desk.runAll("w")).toEqual([]);
  });

  test("is asked in one call in the order given", async ({ desk }) => {
    const doors = rate(1);
    expect(await desk.store.add(["a", "b"].map((id) => newTask(id, { doors })))).toEqual([
      { id: "a", added: true },
      { id: "a", added: false, refused: "rate" },
    ]);
  });

  test("of two, either refuses, and what one refuses the other doesn't count", async ({ desk }) => {
    await desk.add("a", { doors: [...rate(2), ...cooldown("a")] });
    expect(await desk.add("a2", { doors: [...rate(2), ...cooldown("a")] })).toMatchObject({
      refused: "cooldown",
    });
    expect(await desk.add("b", { doors: [...rate(2), ...cooldown("b")] })).toMatchObject({ added: true });
    expect(await desk.add("c", { doors: [...rate(2), ...cooldown("c")] })).toMatchObject({ refused: "rate" });
    desk.clock.advance("10s");
    expect(await desk.add("c", { doors: [...rate(2), ...cooldown("c")] })).toMatchObject({ added: true });
  });

  test("comes after the key: while a task of it lives, that is the answer", async ({ desk }) => {
    const spec = { key: "k", doors: cooldown() };
    await desk.add("a", spec);
    expect(await desk.add("b", spec)).toEqual({ id: "a", added: false });
    await desk.runAll("w");
    expect(await desk.add("c", spec)).toEqual({ id: "a", added: false, refused: "cooldown" });
  });

  test("isn't asked by what replaces, and by what lives again", async ({ desk }) => {
    const spec = { key: "k", doors: cooldown() };
    await desk.add("a", spec);
    await desk.conclude("w", await desk.claimOne("w"), { kind: "dead", info: "{}" });
    expect(await desk.store.replay("a")).toBe("replayed");
    expect(await desk.runAll("w")).toEqual(["a"]);
    expect(await desk.store.replace(newTask("b", spec))).toEqual({ id: "b", added: true });
    expect(await desk.runAll("w")).toEqual(["b"]);
  });
});
