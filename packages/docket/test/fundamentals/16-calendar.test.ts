import { describe, expect, test as plain } from "vitest";
import { z } from "zod";
import { type Docket, defineTask, type TaskOptions } from "../../src/index.js";
import { onBothStores, type Stage, test } from "../stage.js";
import { until } from "../until.js";

function nightly(ran: string[], now: () => number, missed: "once" | "skip" = "once") {
  return defineTask<undefined>()({
    name: "nightly",
    payload: z.null(),
    cron: "30 2 * * *",
    timeZone: "Europe/Berlin",
    missed,
    run: () => {
      ran.push(new Date(now()).toISOString().slice(0, 16));
      return Promise.resolve();
    },
  });
}

const putOff = (docket: Docket<undefined>, till: string): Promise<true> =>
  until(`it is put off till ${till}`, async () => {
    const { delayed, nextAt } = await docket.snapshot();
    return delayed === 1 && nextAt === Date.parse(`${till}:00Z`);
  });

function advanceTo({ clock }: Stage, time: string): void {
  clock.advance(Date.parse(`${time}:00Z`) - clock.now());
}

onBothStores("a task that comes by the calendar", () => {
  test("runs at its times where it is at home, once for all workers; a change of time neither doubles nor drops one", async ({
    stage,
  }) => {
    const ran: string[] = [];
    const docket = await stage.open([nightly(ran, () => stage.clock.now())]);
    advanceTo(stage, "2026-03-28T12:00");
    await Promise.all([stage.worker(docket).start(), stage.worker(docket).start()]);
    // Half past two doesn't exist on the 29th of March; from then on, it is two hours ahead of UTC.
    const spring = ["2026-03-29T01:00", "2026-03-30T00:30", "2026-03-31T00:30"];
    // It exists twice on the 25th of October.
    const autumn = ["2026-10-25T00:30", "2026-10-26T01:30"];
    await putOff(docket, "2026-03-29T01:00");
    expect(ran).toEqual([]);
    for (const [at, night] of spring.entries()) {
      advanceTo(stage, night);
      await putOff(docket, spring[at + 1] ?? "2026-04-01T00:30");
    }
    advanceTo(stage, "2026-10-24T12:00");
    await putOff(docket, "2026-10-25T00:30");
    for (const [at, night] of autumn.entries()) {
      advanceTo(stage, night);
      await putOff(docket, autumn[at + 1] ?? "2026-10-27T01:30");
    }
    expect(ran).toEqual([...spring, "2026-10-24T12:00", ...autumn]);
  });

  test("makes up once for all that was missed while no worker was there, or leaves it out", async ({
    stage,
  }) => {
    for (const missed of ["once", "skip"] as const) {
      const ran: string[] = [];
      const docket = await stage.open([nightly(ran, () => stage.clock.now(), missed)], {
        name: `${stage.name}-${missed}`,
      });
      const first = stage.worker(docket);
      await first.start();
      await until("it is put off", async () => (await docket.snapshot()).delayed === 1);
      await first.stop();
      stage.clock.advance("3d");
      stage.clock.advance("1h");
      const due = stage.clock.now();
      await stage.worker(docket).start();
      const next = await until("it is put off", async () => {
        const { delayed, nextAt = 0 } = await docket.snapshot();
        return delayed === 1 && nextAt > due ? nextAt : undefined;
      });
      expect(ran).toHaveLength(missed === "once" ? 1 : 0);
      stage.clock.advance(next - due);
      await until("it runs in its time", () => ran.length === (missed === "once" ? 2 : 1));
      await until("it is put off", async () => (await docket.snapshot()).delayed === 1);
    }
  });

  test("is there again within an hour, when it was cancelled while its workers are there", async ({
    stage,
  }) => {
    const docket = await stage.open([nightly([], () => stage.clock.now())]);
    await stage.worker(docket).start();
    await until("it is put off", async () => (await docket.snapshot()).delayed === 1);
    const id = (await docket.find(["every:nightly"])).get("every:nightly")?.id ?? "";
    expect(await docket.cancel(id)).toBe("cancelled");
    stage.clock.advance("1h");
    await until("it is there again", async () => (await docket.snapshot()).delayed === 1);
  });
});

describe("the times of a task", () => {
  type Options = Pick<TaskOptions<undefined, z.ZodNull>, "cron" | "every" | "timeZone" | "missed">;
  plain.for<[string, Options, RegExp]>([
    [
      "too few parts",
      { cron: "* * * *" },
      /^the cron expression of task t is "\* \* \* \*" in "UTC", which can't be read: /,
    ],
    ["seconds", { cron: "0 0 3 * * *" }, /which can't be read: /],
    ["a minute that isn't", { cron: "61 * * * *" }, /which can't be read: .*61/],
    ["a day that isn't", { cron: "0 0 30 2 *" }, /which never comes: give a day that there is$/],
    [
      "a zone that isn't",
      { cron: "0 3 * * *", timeZone: "Mars/Base" },
      /in "Mars\/Base", which can't be read/,
    ],
    [
      "an interval beside them",
      { cron: "0 3 * * *", every: "1m" },
      /^both every and cron are given of task t/,
    ],
    ["a zone without them", { timeZone: "UTC" }, /^timeZone or missed is given of task t, but no cron/],
  ])("are refused with %s", ([, options, message]) => {
    const define = () =>
      defineTask<undefined>()({ name: "t", payload: z.null(), ...options, run: () => Promise.resolve() });
    expect(define).toThrow(RangeError);
    expect(define).toThrow(message);
  });
});
