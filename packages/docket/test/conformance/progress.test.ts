import { expect } from "vitest";
import { onBothStores, test } from "../desk.js";

onBothStores("progress", () => {
  test("is kept while its run lasts, the latest", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    expect(await desk.store.progress("a")).toBeUndefined();
    const claim = await desk.claimOne("w");
    expect(await desk.store.progress("a")).toBeUndefined();
    await desk.store.report("w", claim, '{"done":1,"text":"tab \\t, ! and #"}');
    expect(await desk.store.progress("a")).toBe('{"done":1,"text":"tab \\t, ! and #"}');
    await desk.store.report("w", claim, "2");
    await desk.store.renew("w", [claim], 10_000);
    expect(await desk.store.progress("a")).toBe("2");
    await desk.finish("w", claim);
    expect(await desk.store.progress("a")).toBeUndefined();
  });

  test("is gone with its run: tried again, handed back, recovered, dead", async ({ desk }) => {
    await desk.add("a");
    for (const outcome of [{ kind: "retry", ms: 0 }, { kind: "return" }, undefined] as const) {
      const claim = await desk.claimOne("w", { leaseMs: 1_000 });
      await desk.store.report("w", claim, "1");
      if (outcome === undefined) {
        desk.clock.advance("1s");
        await desk.settle("w");
      } else await desk.conclude("w", claim, outcome);
      expect(await desk.store.progress("a")).toBeUndefined();
    }
    const last = await desk.claimOne("w");
    expect(last).toMatchObject({ attempt: 2, delivery: 4, lost: 1 });
    await desk.store.report("w", last, "1");
    await desk.conclude("w", last, { kind: "dead", info: "{}" });
    expect(await desk.store.progress("a")).toBeUndefined();
  });

  test("is told by the holder of the lease only", async ({ desk }) => {
    await desk.add("a");
    const lost = await desk.claimOne("w", { leaseMs: 1_000 });
    desk.clock.advance("1s");
    const claim = await desk.claimOne("v");
    await desk.store.report("w", lost, '"late"');
    await desk.store.report("v", { ...claim, delivery: 1 }, '"of another delivery"');
    await desk.store.report("w", { id: "nothing", delivery: 1 }, "1");
    expect(await desk.store.progress("a")).toBeUndefined();
    await desk.store.report("v", claim, '"in time"');
    expect(await desk.store.progress("a")).toBe('"in time"');
  });

  test("and cancelling, in either order, leave each other alone", async ({ desk }) => {
    await desk.add("a", { key: "k" });
    const claim = await desk.claimOne("w");
    await desk.store.report("w", claim, "1");
    await desk.store.cancel("a");
    await desk.store.cancel("a");
    expect(await desk.store.progress("a")).toBe("1");
    await desk.store.report("w", claim, "2");
    expect(await desk.store.progress("a")).toBe("2");
    await desk.conclude("w", claim, { kind: "retry", ms: 0 });
    expect(await desk.claim("w", 9)).toEqual([]);
  });
});
