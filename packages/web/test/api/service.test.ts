import { expect, test } from "vitest";
import { NoAnswer, Refused, SignedOut } from "../../src/api/failures.js";
import { startCounterpart } from "../counterpart.js";

const me = { did: "did:plc:a", handle: "a.test", needsSignIn: null, waiting: 0 };
const like = {
  liked: true,
  write: {
    state: "writing",
    uri: "at://did:plc:a/fm.plyr.like/3k",
    reason: null,
    since: "2026-11-24T10:00:00.000Z",
  },
};
const comment = {
  id: 3,
  author: { did: "did:plc:a", handle: "a.test" },
  text: "yes",
  timestampMs: 1_500,
  updatedAt: null,
  removed: false,
  write: null,
};
const track = {
  id: 7,
  title: "Low Tide",
  artist: { did: "did:plc:b", handle: "b.test", displayName: null },
  duration: 12,
  fileType: "wav",
  audioUrl: "http://localhost:2583/xrpc/com.atproto.sync.getBlob?did=did:plc:b&cid=c",
  uri: "at://did:plc:b/fm.plyr.track/3k",
  description: null,
  likeCount: 2,
  playCount: 0,
  like,
  own: null,
};

const progress = {
  id: "u",
  phase: "done",
  title: "Low Tide",
  trackId: 7,
  bytes: { received: 200, sent: 200, size: 200 },
  reason: null,
  write: null,
};

const music = {
  export_id: "e",
  status: "done",
  reason: null,
  processed_count: 1,
  total_count: 1,
  processed_bytes: 200,
  total_bytes: 200,
  size: 400,
  left_out: [{ title: "Low Tide", uri: "at://did:plc:b/fm.plyr.track/3k", reason: "It is gone." }],
  download_url: "http://127.0.0.1:8000/exports/e/download",
  expires_at: "2026-12-01T10:00:00.000Z",
};

test("each question goes to its route and its answer comes back parsed", async () => {
  const { service, next } = await startCounterpart();
  const { signal } = new AbortController();
  const exchanges = [
    [() => service.me(), "GET /me", me, me],
    [() => service.tracks(), "GET /tracks", { tracks: [track] }, [track]],
    [() => service.like(7), "POST /tracks/7/like", like, like],
    [
      () => service.unlike(7),
      "DELETE /tracks/7/like",
      { liked: false, write: null },
      { liked: false, write: null },
    ],
    [() => service.likeOf(7, signal), "GET /tracks/7/like", like, like],
    [() => service.comments(7, signal), "GET /tracks/7/comments", { comments: [comment] }, [comment]],
    [() => service.addComment(7, "yes", 1_500), "POST /tracks/7/comments", { comment }, comment],
    [() => service.editComment(3, "no"), "PATCH /tracks/comments/3", { comment }, comment],
    [() => service.removeComment(3), "DELETE /tracks/comments/3", { comment: null }, null],
    [() => service.exports(), "GET /exports", { exports: [music] }, [music]],
    [() => service.exportMusic(), "POST /exports/media", music, music],
    [() => service.exportState("e"), "GET /exports/e", music, music],
    [() => service.removeExport("e"), "DELETE /exports/e", music, music],
    [
      () => service.editTrack(7, { title: "High Tide", description: "" }),
      "PATCH /tracks/7",
      { id: 7 },
      undefined,
    ],
    [() => service.deleteTrack(7), "DELETE /tracks/7", { deleted: true, likesTakenBack: 3 }, 3],
    [() => service.uploadProgress("u"), "GET /tracks/uploads/u/progress", progress, progress],
  ] as const;
  for (const [ask, line, body, expected] of exchanges) {
    const asked = ask();
    const request = await next();
    request.answer(200, body);
    expect(request.line).toBe(line);
    expect(await asked).toEqual(expected);
  }
});

test("nobody is signed in when /me answers 401", async () => {
  const { service, next } = await startCounterpart();
  const asked = service.me();
  (await next()).answer(401, { error: { code: "not_signed_in", message: "…" } });
  expect(await asked).toBeNull();
});

test("a 401 elsewhere is SignedOut, another 4xx is Refused with the service's own words", async () => {
  const { service, next } = await startCounterpart();
  const unauthorised = expect(service.like(7)).rejects.toBeInstanceOf(SignedOut);
  (await next()).answer(401, { error: { code: "not_signed_in", message: "…" } });
  await unauthorised;

  const refused = expect(service.like(8)).rejects.toMatchObject({
    constructor: Refused,
    code: "unknown_track",
    message: "There is no track 8.",
  });
  (await next()).answer(404, { error: { code: "unknown_track", message: "There is no track 8." } });
  await refused;
});

test("whatever leaves the outcome open is NoAnswer: a cut connection, a 5xx, an answer of another shape or none", async () => {
  const { service, next } = await startCounterpart();
  const outcomes = [
    async () => (await next()).drop(),
    async () => (await next()).answer(500, { error: { code: "internal", message: "The database is away." } }),
    async () => (await next()).answer(200, { liked: "yes" }),
    async () => (await next()).answer(200, { liked: true, write: { ...like.write, state: "lost" } }),
    async () => (await next()).answerText(200, "<html>a proxy's page</html>"),
    async () => (await next()).answerText(502, "Bad Gateway"),
  ];
  for (const happen of outcomes) {
    const asked = expect(service.like(7)).rejects.toBeInstanceOf(NoAnswer);
    await happen();
    await asked;
  }
});

test("a track whose audio is not at a web address is not accepted", async () => {
  const { service, next } = await startCounterpart();
  const asked = expect(service.tracks()).rejects.toBeInstanceOf(NoAnswer);
  (await next()).answer(200, { tracks: [{ ...track, audioUrl: "file:///etc/passwd" }] });
  await asked;
});

test("a sign-in that can start gives the address to go to, one that can't gives the reason", async () => {
  const { service, next } = await startCounterpart();
  const started = service.startSignIn("a&b.test");
  const request = await next();
  request.answer(302, null, { location: "https://pds.example/oauth/authorize" });
  expect(request.line).toBe("GET /auth/start?handle=a%26b.test");
  expect(await started).toBe("/auth/start?handle=a%26b.test");

  const refused = expect(service.startSignIn("nobody")).rejects.toThrow("No account has that handle.");
  (await next()).answer(422, {
    error: { code: "invalid", message: "No account has that handle.", field: "handle" },
  });
  await refused;
});

test("signing out of a session that is over already succeeds; any other refusal is told", async () => {
  const { service, next } = await startCounterpart();
  const over = service.signOut();
  const request = await next();
  request.answer(401, { error: { code: "not_signed_in", message: "…" } });
  expect(request.line).toBe("POST /auth/logout");
  await over;

  const forbidden = expect(service.signOut()).rejects.toBeInstanceOf(Refused);
  (await next()).answer(403, { error: { code: "forged_origin", message: "…" } });
  await forbidden;
});
