import { expect, onTestFinished, test, vi } from "vitest";
import type { Comment } from "../../src/api/answers.js";
import { Conversation, type ConversationView } from "../../src/comments/conversation.js";
import type { Wait } from "../../src/likes/wait.js";
import { startCounterpart, type Counterpart } from "../counterpart.js";

type State = NonNullable<Comment["write"]>["state"];

function comment(id: number, text: string, state: State | null): Comment {
  return {
    id,
    author: { did: "did:plc:a", handle: "a.test" },
    text,
    timestampMs: 0,
    updatedAt: null,
    removed: false,
    write:
      state === null
        ? null
        : { state, uri: "at://did:plc:a/c/3k", reason: null, since: "2026-11-24T10:00:00Z" },
  };
}

interface Stage extends Counterpart {
  conversation: Conversation;
  view: () => ConversationView;
  /** Milliseconds that the conversation asked to wait, so far. */
  waits: number[];
  signedOut: () => number;
  /** Lets the wait that is under way end, once there is one. */
  passTime: () => Promise<void>;
  /** Resolves once the newest view is so. */
  shows: (part: Partial<ConversationView>) => Promise<void>;
  /** Answers the next request, which must be a question for the list. */
  list: (...comments: Comment[]) => Promise<void>;
}

async function stage(): Promise<Stage> {
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
  const conversation = new Conversation({
    trackId: 1,
    service: counterpart.service,
    wait,
    onChange: (view) => (newest = view),
    onSignedOut: () => (signedOut += 1),
  });
  let newest = conversation.view;
  onTestFinished(() => {
    conversation.stop();
  });
  return {
    ...counterpart,
    conversation,
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
    list: async (...comments) => {
      const request = await counterpart.next();
      expect(request.line).toBe("GET /tracks/1/comments");
      request.answer(200, { comments });
    },
  };
}

test("the list is asked for once when nothing of one's own is on its way", async () => {
  const { conversation, list, shows, waits, lines } = await stage();
  conversation.start();
  const comments = [comment(1, "hers", null), comment(2, "mine", "confirmed"), comment(3, "no", "failed")];
  await list(...comments);
  await shows({ comments });
  expect(waits).toEqual([]);
  expect(lines).toHaveLength(1);
});

test("a new comment is followed until it is on the PDS", async () => {
  const { conversation, list, next, passTime, shows, view, waits } = await stage();
  conversation.start();
  await list();
  await shows({ comments: [] });
  const accepted = conversation.add("hello", 2_000);
  expect(view().sending).toBe(true);
  const request = await next();
  expect(request.line).toBe("POST /tracks/1/comments");
  request.answer(201, { comment: comment(1, "hello", "writing") });
  expect(await accepted).toBe(true);
  await list(comment(1, "hello", "writing"));
  await passTime();
  await list(comment(1, "hello", "confirmed"));
  await shows({ sending: false, comments: [comment(1, "hello", "confirmed")] });
  expect(waits).toEqual([300]);
});

test("an edit and a removal go to the comment, and the list follows", async () => {
  const { conversation, list, next, shows } = await stage();
  conversation.start();
  await list(comment(7, "one", "confirmed"));
  await shows({ comments: [comment(7, "one", "confirmed")] });
  void conversation.edit(7, "two");
  const edit = await next();
  expect(edit.line).toBe("PATCH /tracks/comments/7");
  edit.answer(200, { comment: comment(7, "two", "writing") });
  await list(comment(7, "two", "confirmed"));
  await shows({ comments: [comment(7, "two", "confirmed")] });
  void conversation.remove(7);
  const removal = await next();
  expect(removal.line).toBe("DELETE /tracks/comments/7");
  removal.answer(200, { comment: null });
  await list();
  await shows({ comments: [] });
});

test("an answer to a question from before a change can't undo the change", async () => {
  const { conversation, list, next, passTime, shows } = await stage();
  conversation.start();
  await list(comment(1, "old", "writing"));
  await passTime();
  const late = await next();
  void conversation.edit(1, "new");
  const edit = await next();
  late.answer(200, { comments: [comment(1, "old", "confirmed")] });
  edit.answer(200, { comment: comment(1, "new", "writing") });
  await list(comment(1, "new", "confirmed"));
  await shows({ comments: [comment(1, "new", "confirmed")] });
});

test("one change at a time: a second one meanwhile is not sent", async () => {
  const { conversation, list, next, shows, lines } = await stage();
  conversation.start();
  await list();
  await shows({ comments: [] });
  const first = conversation.add("hello", 0);
  expect(await conversation.add("hello", 0)).toBe(false);
  (await next()).answer(201, { comment: comment(1, "hello", "confirmed") });
  expect(await first).toBe(true);
  await list(comment(1, "hello", "confirmed"));
  expect(lines.filter((line) => line.startsWith("POST"))).toHaveLength(1);
});

test("a refused change says why, and the list stays", async () => {
  const { conversation, list, next, shows } = await stage();
  conversation.start();
  await list(comment(1, "mine", "confirmed"));
  await shows({ comments: [comment(1, "mine", "confirmed")] });
  const refused = conversation.add("one too many", 0);
  (await next()).answer(409, { error: { code: "too_many_comments", message: "You have twenty." } });
  expect(await refused).toBe(false);
  await list(comment(1, "mine", "confirmed"));
  await shows({ sending: false, trouble: "You have twenty.", comments: [comment(1, "mine", "confirmed")] });
});

test("a list that can't be had says why; while something is followed, the question is asked again instead", async () => {
  const { conversation, next, shows, waits } = await stage();
  conversation.start();
  (await next()).answer(503, { error: { code: "internal", message: "Away." } });
  await shows({ comments: null, trouble: "Away." });
  expect(waits).toEqual([]);

  const following = await stage();
  following.conversation.start();
  await following.list(comment(1, "mine", "waiting"));
  await following.passTime();
  (await following.next()).drop();
  await following.passTime();
  await following.list(comment(1, "mine", "confirmed"));
  await following.shows({ trouble: null, comments: [comment(1, "mine", "confirmed")] });
  expect(following.waits).toEqual([2_000, 2_000]);
});

test("a session that is over is reported", async () => {
  const { conversation, list, next, signedOut, shows } = await stage();
  conversation.start();
  await list();
  await shows({ comments: [] });
  void conversation.add("hello", 0);
  (await next()).answer(401, { error: { code: "not_signed_in", message: "…" } });
  await vi.waitUntil(() => signedOut() === 1);
});

test("after stop there is neither a view nor a question", async () => {
  const { conversation, list, shows, view, waits, lines } = await stage();
  conversation.start();
  await list(comment(1, "mine", "writing"));
  await shows({ comments: [comment(1, "mine", "writing")] });
  await vi.waitUntil(() => waits.length === 1);
  const before = view();
  conversation.stop();
  // The conversation goes on in the turn after its wait, if it does.
  await new Promise(setImmediate);
  expect(view()).toBe(before);
  expect(lines).toHaveLength(1);
});
