import { expect } from "vitest";
import type { Terms } from "../../src/store/store.js";
import { ids, LEASE, newTask, onBothStores, test, type Desk } from "../desk.js";

const high = { priority: "high" } as const;
const low = { priority: "low" } as const;

function many(prefix: string, count: number, terms: Terms = {}) {
  return Array.from({ length: count }, (_, at) => newTask(`${prefix}${String(at).padStart(2, "0")}`, terms));
}

async function finishAll(desk: Desk, want: number): Promise<string[]> {
  const claims = await desk.claim("w", want);
  for (const claim of claims) await desk.finish("w", claim);
  return ids(claims);
}

onBothStores("a priority", () => {
  test("has the high start before the normal, and those before the low, each in order", async ({ desk }) => {
    await desk.store.add([newTask("l1", low), newTask("n1"), newTask("h1", high), newTask("h2", high)]);
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 4, tasks: { task: 4 } });
    expect((await desk.store.overview(1)).tasks).toMatchObject([{ waiting: 4, held: 0, blocked: 0 }]);
    expect(ids(await desk.claim("w", 9))).toEqual(["h1", "h2", "n1", "l1"]);
  });

  test("starves nobody: of ten that are claimed while all wait, one is normal and one low", async ({
    desk,
  }) => {
    await desk.store.add([...many("l", 4, low), ...many("n", 4), ...many("h", 40, high)]);
    const order: string[] = [];
    for (const want of [1, 2, 3, 14]) order.push(...(await finishAll(desk, want)));
    expect(order.map((id) => id.slice(0, 1)).join("")).toBe("hhhhnhhhhlhhhhnhhhhl");
    expect(order.filter((id) => !id.startsWith("h"))).toEqual(["n00", "l00", "n01", "l01"]);
  });

  test("counts only where there is a choice", async ({ desk }) => {
    await desk.store.add(many("h", 8, high));
    expect(await finishAll(desk, 8)).toHaveLength(8);
    await desk.store.add([...many("l", 2, low), ...many("h", 8, high)]);
    expect((await finishAll(desk, 9)).map((id) => id.slice(0, 1)).join("")).toBe("hhhhhhhhl");
  });

  test("is that of a lane's head for those behind it: order wins", async ({ desk }) => {
    await desk.store.add([
      newTask("first", { serial: "s" }),
      newTask("second", { serial: "s", ...high }),
      newTask("free"),
    ]);
    expect(await desk.runAll("w")).toEqual(["first", "second", "free"]);
  });

  test("is kept by what is handed back, lost, retried, delayed and replayed", async ({ desk }) => {
    await desk.store.add([
      newTask("returned", high),
      newTask("lost", high),
      newTask("retried", low),
      newTask("later", { ...high, due: { kind: "in", ms: LEASE } }),
      newTask("dies", high),
    ]);
    const [returned] = await desk.claim("w", 1);
    const [lost] = await desk.claim("gone", 1);
    const [dies, retried] = await desk.claim("w", 2);
    if (!returned || !lost || !dies || !retried) throw new Error("not all were claimed");
    await desk.conclude("w", returned, { kind: "return" });
    await desk.conclude("w", dies, { kind: "dead", info: "{}" });
    await desk.conclude("w", retried, { kind: "retry", ms: 1_000 });
    await desk.store.add([newTask("normal"), newTask("new", high)]);
    await desk.store.replay("dies");
    desk.clock.advance(LEASE);
    // Four with a choice had been claimed when it was the normal one's turn.
    expect(ids(await desk.claim("w", 9))).toEqual([
      ...["lost", "normal", "returned", "new", "dies", "later", "retried"],
    ]);
  });

  test("can be cancelled and replaced in line; another priority has another place", async ({ desk }) => {
    await desk.store.add([
      newTask("a", { key: "a", ...low }),
      newTask("b", { key: "b", ...high }),
      newTask("c", { key: "c", ...high }),
      newTask("d", { key: "d" }),
    ]);
    expect(await desk.store.cancel("b")).toBe("cancelled");
    await desk.store.replace(newTask("x", { key: "c", ...high, payload: '"c"' }));
    await desk.store.replace(newTask("y", { key: "a", ...high, payload: '"a"' }));
    await desk.store.replace(newTask("z", { key: "d", ...low }));
    expect(await desk.runAll("w")).toEqual(["c", "a", "d"]);
  });

  test("is given to sleeping workers in the same order, and known with the limit that holds it", async ({
    desk,
  }) => {
    const limit = { most: 1, task: "task", key: "k" };
    await desk.store.add([
      newTask("l", low),
      newTask("h1", { ...high, limit }),
      newTask("h2", { ...high, limit }),
    ]);
    expect(await finishAll(desk, 2)).toEqual(["h1", "l"]);
    await desk.add("n");
    expect(ids(await desk.claim("w", 9))).toEqual(["h2", "n"]);
    await desk.sleep("v", 3);
    await desk.store.add([newTask("n2"), newTask("h3", high)]);
    expect(ids(await desk.hear("v", 3))).toEqual(["h3", "n2"]);
  });
});
