import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { concernsOf } from "../../src/operating/concerns.js";

const since = "2026-11-24T10:00:00Z";

test("every alert has a line in the operators' guide that says what to do, and no line is about something else", () => {
  const facts = {
    mode: "docket",
    evictionPolicy: "allkeys-lru",
    workers: 0,
    unknownTasks: ["…"],
    dead: { count: 1, newest: since },
    scans: { count: 1, reason: "x", since },
    away: [{ name: "…", reason: "x", since }],
    late: { count: 1, since },
    waiting: [{ task: "…", since }],
    budget: { sent: 9_999, projected: null, limit: 10_000 },
  };
  const away = concernsOf({ mode: "docket unreachable, running in process" });
  const found = [...concernsOf(facts), ...away].map(({ id }) => id);
  const guide = readFileSync(join(import.meta.dirname, "../../../../docs/operating.md"), "utf8");
  const lines = [...guide.matchAll(/^\| `([^`]+)` \|[^|]+\|[^|]+\|$/gm)].map(([, id]) => id);
  expect(lines.sort()).toEqual(found.sort());
});
