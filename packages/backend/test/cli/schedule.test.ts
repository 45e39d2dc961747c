import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command } from "./commanding.js";

let env: { PLYR_ENV: string; DATA_DIR: string };
beforeAll(async () => {
  env = { PLYR_ENV: "development", DATA_DIR: await mkdtemp(join(tmpdir(), "plyr-schedule-")) };
});
afterAll(() => rm(env.DATA_DIR, { recursive: true, force: true }));

const schedule = (...argv: string[]) => command(env, "schedule", ...argv);
const open = () =>
  command(env, "sql", "SELECT task, payload FROM intents WHERE state = 'open'", "--json").then(
    ({ stdout }) => stdout,
  );

test("an operator's task is accepted like any other, also while no service runs, and leaves a line", async () => {
  const payload = JSON.stringify({ noticeId: "6a8e4a0e-8f4b-4d5f-9a8e-0d9d8b0e7c11" });
  const done = await schedule("notice.send", payload);
  expect([done.code, done.stdout]).toEqual([0, expect.stringContaining("It is accepted as ")]);
  expect(await open()).toContain("notice.send");
  const { stdout } = await command(env, "actions");
  expect(stdout).toContain("/tasks/notice.send/schedule");
});

test.each([
  ["a task that there is not", ["nobody.knows", "{}"], "no task is named nobody.knows; there are "],
  ["a payload that is not JSON", ["notice.send", "{"], "the payload is not JSON"],
  ["a payload that the task doesn't take", ["notice.send", '{"noticeId":"x"}'], "notice.send: "],
])("%s is refused with the reason, and nothing is accepted", async (_what, argv, reason) => {
  const before = await open();
  const refused = await schedule(...argv);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(reason)]);
  expect(await open()).toBe(before);
});
