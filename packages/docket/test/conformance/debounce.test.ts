import { expect } from "vitest";
import type { Due } from "../../src/store/store.js";
import { newTask, only, onBothStores, test, type Desk } from "../desk.js";

const burst = { kind: "quiet", ms: 1_000, longestMs: 5_000 } as const;

/** One call of the burst of the key `k`. */
function call(desk: Desk, id: string, due: Due = burst, serial = ""): Promise<object> {
  return desk.store.replace(newTask(id, { key: "k", payload: JSON.stringify(id), serial, due }));
}

onBothStores("a burst", () => {
  test("runs once, with its last payload, when it has been quiet for long enough", async ({ desk }) => {
    expect(await call(desk, "a")).toEqual({ id: "a", added: true });
    desk.clock.advance(900);
    expect(await call(desk, "b")).toEqual({ id: "a", added: false });
    desk.clock.advance(999);
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance(1);
    const claim = await desk.claimOne("w");
    expect(claim).toMatchObject({ id: "a", attempt: 1, stored: { payload: '"b"' } });
  });

  test("that doesn't end runs so long after its first call all the same, and begins anew then", async ({
    desk,
  }) => {
    const began = desk.clock.now();
    const runs: [number, string | undefined][] = [];
    for (let n = 0; n < 24; n += 1) {
      await call(desk, String(n));
      desk.clock.advance(500);
      for (const claim of await desk.claim("w", 9)) {
        runs.push([desk.clock.now() - began, claim.stored?.payload]);
        await desk.finish("w", claim);
      }
    }
    expect(runs).toEqual([
      [5_000, '"9"'],
      [10_000, '"19"'],
    ]);
  });

  test("whose time has come, but that nobody has claimed, is put off once more, within its longest time", async ({
    desk,
  }) => {
    await call(desk, "a");
    desk.clock.advance("1s");
    await desk.settle("nobody");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 1 });
    await call(desk, "b");
    expect(await desk.store.snapshot()).toMatchObject({ waiting: 0, delayed: 1 });
    desk.clock.advance("5s");
    await desk.settle("nobody");
    await call(desk, "c");
    expect((await desk.claimOne("w")).stored?.payload).toBe('"c"');
  });

  test("during a run follows that run: the next payload runs after it, quiet for long enough", async ({
    desk,
  }) => {
    await call(desk, "a");
    desk.clock.advance("1s");
    const running = await desk.claimOne("w");
    expect(await call(desk, "b")).toEqual({ id: "b", added: true });
    desk.clock.advance(800);
    expect(await call(desk, "c")).toEqual({ id: "b", added: false });
    desk.clock.advance(500);
    await desk.finish("w", running);
    expect(await desk.claim("w", 9)).toEqual([]);
    desk.clock.advance(500);
    expect((await desk.claimOne("w")).stored?.payload).toBe('"c"');
  });

  test("without an end during a run: the longest time is counted from the first call after the run began", async ({
    desk,
  }) => {
    await call(desk, "a");
    desk.clock.advance("1s");
    const running = await desk.claimOne("w");
    for (let n = 0; n < 12; n += 1) {
      await call(desk, `n${String(n)}`);
      desk.clock.advance(500);
    }
    await desk.finish("w", running);
    await desk.settle("w");
    expect((await desk.claimOne("w")).stored?.payload).toBe('"n11"');
  });

  test("on a task between attempts, or put off: as new, with a burst of its own", async ({ desk }) => {
    for (const outcome of [
      { kind: "retry", ms: 60_000 },
      { kind: "park", at: desk.clock.now() + 86_400_000 },
    ] as const) {
      await call(desk, "a");
      desk.clock.advance("4s");
      await desk.conclude("w", await desk.claimOne("w"), outcome);
      desk.clock.advance("4s");
      await call(desk, "b");
      desk.clock.advance(999);
      expect(await desk.claim("w", 9)).toEqual([]);
      desk.clock.advance(1);
      const claim = await desk.claimOne("w");
      expect(claim).toMatchObject({ attempt: 1, delivery: 2, stored: { payload: '"b"' } });
      await desk.finish("w", claim);
    }
  });

  test("behind another task of its serial key waits for it, with its last payload", async ({ desk }) => {
    await desk.add("head", { serial: "s" });
    const head = await desk.claimOne("w");
    await call(desk, "a", burst, "s");
    desk.clock.advance("1s");
    await desk.settle("w");
    await call(desk, "b", burst, "s");
    desk.clock.advance("1s");
    expect(await desk.claim("w", 9)).toEqual([]);
    await desk.finish("w", head);
    expect((await desk.claimOne("w")).stored?.payload).toBe('"b"');
  });

  test("is no progress of a run that hasn't begun", async ({ desk }) => {
    await call(desk, "a");
    expect(await desk.store.progress("a")).toBeUndefined();
  });

  test("can be woken and cancelled by its key", async ({ desk }) => {
    await call(desk, "a");
    expect(await desk.store.wake(["k"])).toBe(1);
    await desk.finish("w", await desk.claimOne("w"));
    await call(desk, "b");
    expect(await desk.store.cancel("b")).toBe("cancelled");
    expect(only(await desk.store.find(["k"])).state).toBe("unknown");
    desk.clock.advance("1h");
    expect(await desk.claim("w", 9)).toEqual([]);
  });

  test("wakes a sleeping worker when it is over", async ({ desk }) => {
    await desk.sleep("w", 1);
    await call(desk, "a");
    const looks = (await desk.messages("w")).filter(({ kind }) => kind === "look");
    expect(looks).toContainEqual({ kind: "look", ms: 1_000 });
  });
});
