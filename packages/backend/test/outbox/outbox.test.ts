import { RetryAt, Terminal } from "@plyr/docket";
import { until } from "@plyr/dev";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { LeftAside } from "../../src/outbox/left-aside.js";
import { noteTask } from "./notes.js";
import { setStage, type Stage } from "./stage.js";

// The same promise on both databases, in process: what Redis adds is in docket.test.ts.
describe.each(["postgres", "embedded"] as const)("on %s", (kind) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage(kind);
  });
  afterEach(() => stage.endProcesses());
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  test("what was scheduled runs once, and leaves neither intent nor lease", async () => {
    const { task, done, registry } = noteTask();
    const { outbox, mode } = await stage.process({ registry });
    await outbox.schedule(task, { about: "once", text: "hello" });
    await until("it is closed", async () => (await stage.openIntents()).length === 0);
    expect(done).toEqual(["hello"]);
    expect(await stage.db.selectFrom("subject_leases").selectAll().execute()).toEqual([]);
    expect(mode()).toBe("docket disabled");
  });

  test("a transaction that fails leaves nothing, neither rows nor work", async () => {
    const { task, done, registry } = noteTask();
    const { outbox } = await stage.process({ registry });
    const failing = outbox.transact(async (tx, schedule) => {
      await tx.insertInto("people").values({ did: "did:plc:nobody", handle: "nobody.test" }).execute();
      await schedule(task, { about: "failing", text: "never" });
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(
      await stage.db.selectFrom("people").select("did").where("did", "=", "did:plc:nobody").execute(),
    ).toEqual([]);
    expect(await stage.openIntents()).toEqual([]);
    await outbox.schedule(task, { about: "failing", text: "after" });
    await until("the next one is done", () => done.includes("after"));
    expect(done).toEqual(["after"]);
  });

  test("a payload that the task does not take is refused before anything is written", async () => {
    const { task, registry } = noteTask();
    const { outbox } = await stage.process({ registry });
    // @ts-expect-error -- what the types forbid, a caller without types can do
    await expect(outbox.schedule(task, { about: "x", text: 5 })).rejects.toThrow(/test\.note/);
    expect(await stage.openIntents()).toEqual([]);
  });

  test("what the task can't do is given up, with the reason at the intent and at what it was about", async () => {
    const { task, givenUp, registry } = noteTask(() => Promise.reject(new Terminal("out of ink")));
    const { outbox } = await stage.process({ registry });
    const id = await outbox.schedule(task, { about: "ink", text: "dear diary" });
    const dead = await until("it is dead", () =>
      stage.db
        .selectFrom("intents")
        .select("reason")
        .where("id", "=", id)
        .where("state", "=", "dead")
        .executeTakeFirst(),
    );
    expect(dead).toEqual({ reason: "out of ink" });
    expect(givenUp).toEqual([{ text: "dear diary", reason: "out of ink" }]);
  });

  test("what was open when the process ended is done by the next one at its start, whenever its check is due", async () => {
    const before = noteTask();
    const ending = await stage.process({ registry: before.registry }, false);
    await ending.outbox.schedule(before.task, { about: "restart", text: "kept" });
    await stage.db
      .updateTable("intents")
      .set({ check_at: sql<Date>`now() + interval '1 hour'` })
      .where("state", "=", "open")
      .execute();
    const after = noteTask();
    await stage.process({ registry: after.registry });
    await until("it is done", () => after.done.includes("kept"));
    expect(before.done).toEqual([]);
  });

  test("an intent of a task that this version doesn't know waits for one that does", async () => {
    const { done, registry } = noteTask();
    const { id } = await stage.db
      .insertInto("intents")
      .values({ task: "test.note", payload: '{"about":"new","text":"from the future"}', subject: "note:new" })
      .returning("id")
      .executeTakeFirstOrThrow();
    const old = await stage.process({ registry: [] });
    await until("the old version has seen it", () =>
      stage.log.some(({ message }) => message.includes("unknown task")),
    );
    await old.stop();
    expect(await stage.openIntents()).toContain(id);
    await stage.process({ registry });
    await until("it is done", () => done.includes("from the future"));
  });

  test("what a run leaves aside is known by no queue, stays open, and is found again by the sweep", async () => {
    let runs = 0;
    const { task, done, registry } = noteTask(() => {
      runs += 1;
      return runs === 1 ? Promise.reject(new LeftAside("others do it")) : undefined;
    });
    const { outbox, find } = await stage.process({ registry });
    const id = await outbox.schedule(task, { about: "aside", text: "after all" });
    await until("it is forgotten", async () => runs === 1 && (await find([id])).get(id)?.state === "unknown");
    const left = await stage.db.selectFrom("intents").selectAll().where("id", "=", id).executeTakeFirst();
    expect(left).toMatchObject({ state: "open", reason: null });
    expect(left?.check_at.getTime()).toBeGreaterThan(Date.now() + 20_000);
    await stage.db
      .updateTable("intents")
      .set({ check_at: sql<Date>`now()` })
      .where("id", "=", id)
      .execute();
    await until("it is done", () => done.includes("after all"));
    expect(runs).toBe(2);
  });

  test("a task that keeps being put off is given up at its greatest age, counted from when it was accepted", async () => {
    const { task, givenUp, registry } = noteTask(() => Promise.reject(new RetryAt("50ms", "not yet")));
    const { outbox } = await stage.process({ registry });
    const id = await outbox.schedule(task, { about: "old", text: "too late" });
    await stage.db
      .updateTable("intents")
      .set({ created_at: sql<Date>`now() - interval '29 days'` })
      .where("id", "=", id)
      .execute();
    expect(givenUp).toEqual([]);
    await stage.db
      .updateTable("intents")
      .set({ created_at: sql<Date>`now() - interval '31 days'` })
      .where("id", "=", id)
      .execute();
    await until("it is given up", () => givenUp.length === 1);
    expect(givenUp).toEqual([{ text: "too late", reason: "given up, too old: not yet" }]);
  });
});
