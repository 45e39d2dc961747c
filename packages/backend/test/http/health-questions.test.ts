import { expect, test } from "vitest";
import { openHealth, type DocketHealth, type HealthSources } from "../../src/telemetry/health.js";

const AWAY = "docket unreachable, running in process";

function sources(askDocket: () => Promise<DocketHealth>, rest: Partial<HealthSources> = {}): HealthSources {
  return {
    role: "all",
    askHeldHosts: () => Promise.resolve({ away: [], slowed: [] }),
    askDatabase: () => Promise.resolve(),
    askDocket,
    docketMode: () => "docket",
    standingWarnings: [],
    ...rest,
  };
}

test("health that is asked for all the time asks Redis once", async () => {
  let questions = 0;
  const health = openHealth(
    sources(() => {
      questions += 1;
      return Promise.resolve({ mode: "docket" });
    }),
  );
  for (let round = 0; round < 30; round += 1) expect((await health()).status).toBe("ok");
  expect(questions).toBe(1);
});

test("a question that hangs is not asked a second time, and nobody waits for it for long", async () => {
  let questions = 0;
  const health = openHealth(
    sources(() => {
      questions += 1;
      return new Promise(() => undefined);
    }),
  );
  const began = performance.now();
  const reports = await Promise.all([health(), health(), health()]);
  expect(performance.now() - began).toBeLessThan(900);
  expect(reports.map((report) => report.docket.mode)).toEqual([AWAY, AWAY, AWAY]);
  expect((await health()).warnings).toEqual(["Docket does not answer: no answer within 300 ms", AWAY]);
  expect(questions).toBe(1);
});

test("an add that failed shows at once, although Redis was well a moment ago", async () => {
  let mode: DocketHealth["mode"] = "docket";
  const health = openHealth(
    sources(() => Promise.resolve({ mode: "docket", evictionPolicy: "noeviction" }), {
      docketMode: () => mode,
    }),
  );
  expect((await health()).docket.mode).toBe("docket");
  mode = AWAY;
  expect(await health()).toMatchObject({ status: "degraded", docket: { mode: AWAY }, warnings: [AWAY] });
});

test("a part that fails is named with what it said, and the others are reported all the same", async () => {
  const health = openHealth(
    sources(() => Promise.resolve({ mode: "docket" }), {
      askDatabase: () => Promise.reject(new Error("no such database")),
      standingWarnings: ["something from the start"],
    }),
  );
  expect(await health()).toEqual({
    status: "degraded",
    role: "all",
    pds: { away: [], slowed: [] },
    docket: { mode: "docket" },
    database: { reachable: false },
    warnings: ["something from the start", "The database does not answer: Error: no such database"],
  });
});
