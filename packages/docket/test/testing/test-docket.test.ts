import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  defineTask,
  exponential,
  RetryAt,
  StoreUnavailable,
  Terminal,
  type Docket,
  type RunContext,
} from "../../src/index.js";
import { MemoryStore } from "../../src/store/memory/memory-store.js";
import { testDocket, type TestDocket } from "../../src/testing/index.js";
import { Outage } from "../../src/testing/outage.js";

interface Services {
  /** What was sent, and when. */
  readonly sent: [string, number][];
  readonly now: () => number;
}

const note = ({ to }: { to: string }, { services }: RunContext<Services>): Promise<unknown> =>
  Promise.resolve(services.sent.push([to, services.now()]));

const mail = defineTask<Services>()({
  name: "mail",
  payload: z.object({ to: z.string() }),
  serial: ({ to }) => to,
  retry: exponential({ attempts: 3, min: "1m", max: "1h" }),
  run: note,
});

/** What a service does: it is given its docket, and knows of no test. */
async function signUp(docket: Docket<Services>, to: string): Promise<void> {
  await docket.add(mail, { to }, { key: `welcome:${to}` });
  await docket.add(mail, { to }, { key: `reminder:${to}`, delay: "7d" });
}

const begin = new Date("2026-03-01T09:00:00Z");

async function open(tasks = [mail]) {
  const sent: Services["sent"] = [];
  const kit: TestDocket<Services> = await testDocket<Services>({
    tasks,
    services: { sent, now: (): number => kit.clock.now() },
    start: begin,
  });
  return { sent, kit };
}

describe("a docket for tests", () => {
  test("tells what was added, to whom under which key, and for when, without running it", async () => {
    const { kit, sent } = await open();
    await signUp(kit.docket, "ann");
    await signUp(kit.docket, "ann");
    expect(kit.added(mail)).toMatchObject([
      { payload: { to: "ann" }, key: "welcome:ann", serial: "ann", due: begin, added: true },
      { key: "reminder:ann", due: new Date("2026-03-08T09:00:00Z"), added: true },
      { key: "welcome:ann", added: false },
      { key: "reminder:ann", added: false },
    ]);
    expect(kit.added({ name: "other" })).toEqual([]);
    expect(sent).toEqual([]);
    await kit.close();
  });

  test("runs all there is, however late it is due, and days pass at once", async () => {
    const { kit, sent } = await open();
    await signUp(kit.docket, "ann");
    await kit.runUntilIdle();
    expect(sent).toEqual([
      ["ann", Date.parse("2026-03-01T09:00:00Z")],
      ["ann", Date.parse("2026-03-08T09:00:00Z")],
    ]);
    await kit.expectNoLeaks();
    await kit.close();
  });

  test("runs until a time, and stands there", async () => {
    const { kit, sent } = await open();
    await signUp(kit.docket, "ann");
    await kit.runUntilIdle({ until: "1d" });
    expect(sent).toHaveLength(1);
    expect(kit.clock.now()).toBe(Date.parse("2026-03-02T09:00:00Z"));
    await kit.runUntilIdle({ until: new Date("2026-03-09T00:00:00Z") });
    expect(sent).toHaveLength(2);
    expect(kit.clock.now()).toBe(Date.parse("2026-03-09T00:00:00Z"));
    await expect(kit.runUntilIdle({ until: new Date(Number.NaN) })).rejects.toThrow(/invalid date/);
    await kit.close();
  });

  test("tries again as the policy says, at times that are the same each time", async () => {
    const flaky = defineTask<Services>()({
      name: "flaky",
      payload: z.object({ to: z.string() }),
      retry: exponential({ attempts: 3, min: "1m", max: "1h" }),
      async run(payload, ctx) {
        await note(payload, ctx);
        if (ctx.attempt < 3) throw new Error("not yet");
      },
    });
    const { kit, sent } = await open([flaky]);
    await kit.docket.add(flaky, { to: "ann" });
    await kit.runUntilIdle();
    expect(sent.map(([, at]) => at - begin.getTime())).toEqual([0, 45_000, 135_000]);
    await kit.close();
  });

  test("lets rates and pauses pass, too", async () => {
    const rated = defineTask<Services>()({
      name: "rated",
      payload: z.object({ to: z.string() }),
      group: () => "all",
      rate: { limit: 2, per: "1h" },
      run: note,
    });
    const { kit, sent } = await open([rated]);
    await kit.docket.pause("all", "1d", "holiday");
    await kit.docket.addMany(rated, [{ to: "a" }, { to: "b" }, { to: "c" }]);
    await kit.runUntilIdle();
    expect(sent.map(([to, at]) => [to, at - begin.getTime()])).toEqual([
      ["a", 86_400_000],
      ["b", 86_400_000],
      ["c", 90_000_000],
    ]);
    await kit.close();
  });

  test("needs to be told when to stop, where there is no end", async () => {
    let ran = 0;
    const tick = defineTask<Services>()({
      name: "tick",
      payload: z.null(),
      every: "1m",
      run: () => Promise.resolve((ran += 1)),
    });
    const endless = defineTask<Services>()({
      name: "endless",
      payload: z.null(),
      run: () => Promise.reject(new RetryAt("1m", "not yet")),
    });
    const kit = await testDocket({ tasks: [tick], services: { sent: [], now: Date.now } });
    await kit.runUntilIdle({ until: "1h" });
    expect(ran).toBe(61);
    await kit.close();
    const other = await testDocket({ tasks: [endless], services: { sent: [], now: Date.now } });
    await other.docket.add(endless, null);
    await expect(other.runUntilIdle()).rejects.toThrow(/after 1000 steps of the clock: .*`until`/);
    await other.close();
  });
});

describe("an outage", () => {
  test("leaves alone what isn't asked of a server: no thread is to reach a store that is in memory", () => {
    expect(new Outage().through(new MemoryStore()).outpost()).toBeUndefined();
  });

  test("has calls fail, and nothing of them carried out; work goes on when it is over", async () => {
    const { kit, sent } = await open();
    kit.outage.begin();
    await expect(signUp(kit.docket, "ann")).rejects.toThrow(StoreUnavailable);
    await expect(kit.runUntilIdle()).rejects.toThrow(/end the outage/);
    expect(await kit.docket.health()).toMatchObject({ reachable: false });
    await kit.outage.end();
    expect(kit.added(mail)).toEqual([]);
    await signUp(kit.docket, "ann");
    await kit.runUntilIdle();
    expect(sent).toHaveLength(2);
    await kit.close();
  });

  test("may swallow answers: what failed was stored, and adding it again under its key is safe", async () => {
    const { kit, sent } = await open();
    kit.outage.loseAnswers();
    await expect(signUp(kit.docket, "ann")).rejects.toThrow(StoreUnavailable);
    await kit.outage.end();
    expect((await kit.docket.snapshot()).waiting).toBe(1);
    await signUp(kit.docket, "ann");
    await kit.runUntilIdle();
    expect(sent).toHaveLength(2);
    await kit.close();
  });

  test("may be a store that hangs: calls fail in time, and are carried out all the same when it wakes", async () => {
    const { kit, sent } = await open();
    kit.outage.hang("10ms");
    await expect(kit.docket.add(mail, { to: "ann" })).rejects.toThrow(/doesn't answer/);
    await kit.outage.end();
    await kit.runUntilIdle();
    expect(sent).toHaveLength(1);
    await kit.close();
  });

  test.each(["begin", "hang", "loseAnswers"] as const)(
    "(%s) is got over by a worker that is at work: it goes on by itself, and by its end each task has run",
    async (outage) => {
      const { kit, sent } = await open();
      const worker = kit.docket.worker();
      await worker.start();
      kit.outage[outage]();
      const lost = kit.docket.add(mail, { to: "ann" }, { key: "ann" });
      await expect(lost).rejects.toThrow(StoreUnavailable);
      await kit.outage.end();
      await kit.docket.add(mail, { to: "ann" }, { key: "ann" });
      await kit.docket.add(mail, { to: "bob" }, { key: "bob" });
      await worker.stop();
      await kit.runUntilIdle();
      expect(new Set(sent.map(([to]) => to))).toEqual(new Set(["ann", "bob"]));
      await kit.expectNoLeaks();
      await kit.close();
    },
  );
});

describe("looking for what stays behind", () => {
  test("finds nothing where all can be finished, or was", async () => {
    await using kit = (await open()).kit;
    await signUp(kit.docket, "ann");
    await kit.expectNoLeaks();
  });

  test("finds a worker that nobody stopped, and a strike that nobody ended", async () => {
    const { kit } = await open();
    const worker = kit.docket.worker();
    await worker.start();
    await expect(kit.expectNoLeaks()).rejects.toThrow(/the store isn't empty.*: worker /);
    await worker.stop();
    await kit.docket.strike(mail);
    await kit.docket.add(mail, { to: "ann" });
    await expect(kit.expectNoLeaks()).rejects.toThrow("1 held, 1 mail");
    await kit.docket.restore(mail);
    await kit.expectNoLeaks();
    await kit.close();
  });

  test("takes dead letters as finished", async () => {
    const dying = defineTask<Services>()({
      name: "dying",
      payload: z.null(),
      run: () => Promise.reject(new Terminal("no")),
    });
    const kit = await testDocket({ tasks: [dying], services: { sent: [], now: Date.now } });
    await kit.docket.add(dying, null);
    await kit.runUntilIdle();
    expect(await kit.docket.deadLetters()).toHaveLength(1);
    await kit.expectNoLeaks();
    await kit.close();
  });
});
