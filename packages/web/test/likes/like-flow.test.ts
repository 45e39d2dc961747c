import { expect, onTestFinished, test, vi } from "vitest";
import type { LikeAnswer, Write } from "../../src/api/answers.js";
import { LikeFlow, type LikeView } from "../../src/likes/like-flow.js";
import type { Wait } from "../../src/likes/wait.js";
import { startCounterpart, type Counterpart } from "../counterpart.js";

function answer(liked: boolean, state: Write["state"] | null): LikeAnswer {
  if (state === null) return { liked, write: null };
  return {
    liked,
    write: { state, uri: "at://did:plc:a/fm.plyr.like/3k", reason: null, since: "2026-11-24T10:00:00Z" },
  };
}

interface Stage extends Counterpart {
  flow: LikeFlow;
  view: () => LikeView;
  /** Milliseconds that the flow asked to wait, so far. */
  waits: number[];
  signedOut: () => number;
  /** Lets the wait that is under way end, once there is one. */
  passTime: () => Promise<void>;
  /** Resolves once the newest view is so. */
  shows: (part: Partial<LikeView>) => Promise<void>;
}

async function stage(initial: LikeAnswer): Promise<Stage> {
  const counterpart = await startCounterpart();
  const waits: number[] = [];
  const pending = new Set<() => void>();
  let signedOut = 0;

  const wait: Wait = (ms, signal) =>
    new Promise((resolve) => {
      const done = () => {
        pending.delete(done);
        resolve();
      };
      waits.push(ms);
      pending.add(done);
      signal.addEventListener("abort", done);
    });
  const flow = new LikeFlow(initial, {
    trackId: 1,
    service: counterpart.service,
    wait,
    onChange: (view) => (newest = view),
    onSignedOut: () => (signedOut += 1),
  });
  let newest = flow.view;
  onTestFinished(() => {
    flow.stop();
  });
  return {
    ...counterpart,
    flow,
    waits,
    view: () => newest,
    signedOut: () => signedOut,
    passTime: async () => {
      const [done] = await vi.waitUntil(() => (pending.size > 0 ? [...pending] : null));
      done?.();
    },
    shows: (part) =>
      vi.waitFor(() => {
        expect(newest).toMatchObject(part);
      }),
  };
}

test("a like: ahead of the service at once, then followed until it is on the PDS, then quiet", async () => {
  const { flow, view, next, passTime, shows, waits, lines } = await stage(answer(false, null));
  flow.set(true);
  expect(view()).toMatchObject({ liked: true, sending: true, write: null });

  (await next()).answer(200, answer(true, "writing"));
  await shows({ liked: true, sending: false, write: answer(true, "writing").write });
  await passTime();
  (await next()).answer(200, answer(true, "writing"));
  await passTime();
  (await next()).answer(200, answer(true, "confirmed"));
  await shows({ write: answer(true, "confirmed").write });
  expect(lines).toEqual(["POST /tracks/1/like", "GET /tracks/1/like", "GET /tracks/1/like"]);
  expect(waits).toEqual([300, 300]);
});

test("a write that was under way when the page was loaded is followed; a settled one is left alone", async () => {
  const moving = await stage(answer(true, "waiting"));
  moving.flow.start();
  await moving.passTime();
  (await moving.next()).answer(200, answer(true, "confirmed"));
  await moving.shows({ write: answer(true, "confirmed").write });

  for (const state of ["confirmed", "failed", "needs-sign-in", null] as const) {
    const settled = await stage(answer(true, state));
    settled.flow.start();
    expect(settled.waits).toEqual([]);
  }
});

test("a burst of clicks: one request at a time, and the last wish wins with at most one more", async () => {
  const { flow, next, shows, lines } = await stage(answer(false, null));
  for (let click = 1; click <= 20; click += 1) flow.set(click % 2 === 1);
  const first = await next();
  expect(lines).toHaveLength(1);
  first.answer(200, answer(true, "writing"));
  const second = await next();
  expect(second.line).toBe("DELETE /tracks/1/like");
  second.answer(200, answer(false, "confirmed"));
  await shows({ liked: false, sending: false, removed: true });
  expect(lines).toEqual(["POST /tracks/1/like", "DELETE /tracks/1/like"]);
});

test("an answer to a question from before a click can't undo the click", async () => {
  const { flow, view, next, passTime, shows } = await stage(answer(true, "writing"));
  flow.start();
  await passTime();
  const late = await next();
  flow.set(false);
  const unlike = await next();
  late.answer(200, answer(true, "confirmed"));
  expect(view()).toMatchObject({ liked: false, sending: true });
  unlike.answer(200, answer(false, "writing"));
  await shows({ liked: false, sending: false, write: answer(false, "writing").write });
});

test.each(["confirmed", null] as const)(
  "a removal is told when it was seen to finish (%s), until it is dismissed",
  async (gone) => {
    const { flow, view, next, passTime, shows } = await stage(answer(false, "writing"));
    flow.start();
    await passTime();
    (await next()).answer(200, answer(false, gone));
    await shows({ removed: true });
    flow.dismissRemoval();
    expect(view().removed).toBe(false);
  },
);

test("a refused like is taken back, with the service's reason and no further questions", async () => {
  const { flow, next, shows, waits } = await stage(answer(false, null));
  flow.set(true);
  (await next()).answer(404, { error: { code: "unknown_track", message: "There is no track 1." } });
  await shows({ liked: false, sending: false, trouble: "There is no track 1." });
  expect(waits).toEqual([]);
});

test("a like whose answer got lost is asked for until it is known what became of it", async () => {
  const { flow, next, passTime, shows, waits } = await stage(answer(false, null));
  flow.set(true);
  (await next()).drop();
  await shows({ liked: false, sending: false });
  await passTime();
  (await next()).drop();
  await shows({ unheard: true });
  await passTime();
  (await next()).answer(200, answer(true, "confirmed"));
  await shows({ liked: true, trouble: null, unheard: false, write: answer(true, "confirmed").write });
  expect(waits).toEqual([2_000, 2_000]);
});

test("a session that is over takes the like back and is reported once", async () => {
  const { flow, next, shows, signedOut } = await stage(answer(false, null));
  flow.set(true);
  (await next()).answer(401, { error: { code: "not_signed_in", message: "…" } });
  await shows({ liked: false, trouble: "You are not signed in." });
  expect(signedOut()).toBe(1);
});

test("a session that ends while a write is followed is reported too", async () => {
  const { flow, next, passTime, signedOut } = await stage(answer(true, "writing"));
  flow.start();
  await passTime();
  (await next()).answer(401, { error: { code: "not_signed_in", message: "…" } });
  await vi.waitUntil(() => signedOut() === 1);
});

test("the pace starts anew when the state changes", async () => {
  const { flow, next, passTime, shows, waits } = await stage(answer(true, "writing"));
  flow.start();
  for (let question = 0; question < 11; question += 1) {
    await passTime();
    (await next()).answer(200, answer(true, question < 10 ? "writing" : "waiting"));
  }
  await shows({ write: answer(true, "waiting").write });
  await passTime();
  (await next()).answer(200, answer(true, "writing"));
  await shows({ write: answer(true, "writing").write });
  await vi.waitUntil(() => waits.length === 13);
  expect(waits.slice(9)).toEqual([300, 2_000, 2_000, 300]);
});

test("after stop there is neither a view nor a question, but a request under way is not recalled", async () => {
  const { service, next, lines } = await startCounterpart();
  const answers: Promise<LikeAnswer>[] = [];
  const views: LikeView[] = [];
  const waits: number[] = [];
  const flow = new LikeFlow(answer(false, null), {
    trackId: 1,
    service: {
      ...service,
      like: (trackId) => {
        const asked = service.like(trackId);
        answers.push(asked);
        return asked;
      },
    },
    wait: (ms) => {
      waits.push(ms);
      return new Promise(() => undefined);
    },
    onChange: (view) => views.push(view),
    onSignedOut: () => undefined,
  });
  flow.set(true);
  const request = await next();
  flow.stop();
  const shown = views.length;
  request.answer(200, answer(true, "writing"));
  expect(await answers[0]).toEqual(answer(true, "writing"));
  flow.set(false);
  // The flow goes on in the turn after its answer, if it does.
  await new Promise(setImmediate);
  expect(waits).toEqual([]);
  expect(views).toHaveLength(shown);
  expect(lines).toEqual(["POST /tracks/1/like"]);
});
