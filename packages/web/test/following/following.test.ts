import { expect, onTestFinished, test } from "vitest";
import { NoAnswer, SignedOut } from "../../src/api/failures.js";
import { Following, soonest } from "../../src/following/following.js";
import type { PollReason } from "../../src/likes/poll-schedule.js";

type Answer = PollReason | null;

function stage() {
  const questions: {
    answer: (answer: Answer) => void;
    fail: (failure: Error) => void;
    signal: AbortSignal;
  }[] = [];
  const waits: (() => void)[] = [];
  const seen: (string | null)[] = [];
  let signedOut = 0;
  const following = new Following<Answer>({
    ask: (signal) =>
      new Promise((answer, fail) => {
        questions.push({ answer, fail, signal });
      }),
    moving: (answer) => answer,
    wait: () =>
      new Promise((resolve) => {
        waits.push(resolve);
      }),
    onAnswer: (answer) => seen.push(answer),
    onTrouble: (trouble) => {
      if (trouble !== null) seen.push(trouble);
    },
    onSignedOut: () => (signedOut += 1),
  });
  onTestFinished(() => {
    following.stop();
  });
  const next = async <T>(list: T[]): Promise<T> => {
    await expect.poll(() => list.length).toBeGreaterThan(0);
    return list.shift() ?? expect.fail();
  };
  return {
    following,
    seen,
    signedOut: () => signedOut,
    question: () => next(questions),
    passTime: async () => {
      (await next(waits))();
    },
    quiet: () => questions.length + waits.length === 0,
  };
}

test("it asks again for as long as something moves, and then no more", async () => {
  const { following, question, passTime, seen, quiet } = stage();
  following.again();
  (await question()).answer("writing");
  await passTime();
  (await question()).answer("waiting");
  await passTime();
  (await question()).answer(null);
  await expect.poll(() => seen).toEqual(["writing", "waiting", null]);
  expect(quiet()).toBe(true);
});

test("after a change, the answer to the question before it is not shown", async () => {
  const { following, question, seen } = stage();
  following.again();
  const before = await question();
  following.again();
  const after = await question();
  expect(before.signal.aborted).toBe(true);
  after.answer("confirmed");
  before.answer("writing");
  await expect.poll(() => seen).toEqual(["confirmed"]);
});

test("a question without an answer is asked again if there was one before, and else not", async () => {
  const { following, question, passTime, seen, quiet } = stage();
  following.again();
  (await question()).fail(new NoAnswer("away"));
  await expect.poll(() => seen).toEqual(["away"]);
  expect(quiet()).toBe(true);
  following.again();
  (await question()).answer("writing");
  await passTime();
  (await question()).fail(new NoAnswer("away again"));
  await passTime();
  (await question()).answer(null);
  await expect.poll(() => seen).toEqual(["away", "writing", "away again", null]);
});

test("a session that is over is told of, and ends the questions", async () => {
  const { following, question, signedOut, quiet } = stage();
  following.again();
  (await question()).fail(new SignedOut());
  await expect.poll(signedOut).toBe(1);
  expect(quiet()).toBe(true);
});

test("what moves soonest decides how soon to ask", () => {
  expect(soonest([null, { state: "waiting" }, { state: "writing" }])).toBe("writing");
  expect(soonest([{ state: "confirmed" }, { state: "waiting" }])).toBe("waiting");
  expect(soonest([null, { state: "failed" }])).toBeNull();
});
