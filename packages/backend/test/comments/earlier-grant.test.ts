import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPds, startPostgres, until } from "@plyr/dev";
import { expect, test } from "vitest";
import { openComments } from "../../src/comments/comments.js";
import { openLikes } from "../../src/likes/likes.js";
import { collectionsOf } from "../../src/records/collections.js";
import { openRepositories } from "../../src/repository/open.js";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import { openBackground } from "../../src/tasks/background.js";
import { adoptTrack } from "../../src/tracks/adopt-track.js";
import { authAgainst, BROWSER, consent, openMigrated } from "../auth/sign-in-by-hand.js";

const NAMESPACE = "fm.plyr.test";
const collections = collectionsOf(NAMESPACE);

test("a grant from before there were comments: they wait for a sign-in, likes go on, and the sign-in carries them on", async () => {
  await using postgres = await startPostgres();
  await using pds = await startPds();
  const ana = await pds.createAccount({ handle: "ana.test", password: "ana-password" });
  const url = await postgres.createDatabase();
  await using opened = new AsyncDisposableStack();
  const db = await openMigrated(url);
  opened.defer(() => db.destroy());

  const before = authAgainst(pds, { db, url }, { scope: `atproto repo:${collections.like}` });
  opened.defer(() => before.close());
  await before.finish(await consent(before, ana), BROWSER);

  const { id: track } = await adoptTrack(db, {
    artist: { did: "did:plc:artist", handle: "artist.test", displayName: null },
    track: { title: "Rain", fileType: "wav", duration: 9, audioUrl: `${pds.url}/audio` },
    record: {
      collection: collections.track,
      rkey: "3k2a",
      content: { title: "Rain" },
      cid: "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
    },
  });
  const storageDir = await mkdtemp(join(tmpdir(), "plyr-grant-"));
  opened.defer(() => rm(storageDir, { recursive: true, force: true }));
  // A loopback client's scope is part of its id, so the earlier grant is used by who asked for it.
  let auth = before;
  const background = await openBackground({
    db,
    docketName: "plyr",
    concurrency: 4,
    worker: true,
    restore: (did) => auth.restore(did),
    markGrantLost: (did, reason) => auth.markGrantLost(did, reason),
    storage: openFolderStorage(storageDir),
    repositories: openRepositories({ environment: "development", plcUrl: pds.plcUrl }),
    namespace: NAMESPACE,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    sweepInterval: 100,
  });
  opened.defer(() => background.stop({ drain: "1s" }));
  await background.start();
  const likes = openLikes({ db, outbox: background.outbox, namespace: NAMESPACE });
  const comments = openComments({ db, outbox: background.outbox, namespace: NAMESPACE });
  const stateOf = async (id: number) =>
    (await comments.on(track, ana.did)).find((view) => view.id === id)?.write;

  const { id } = await comments.add(ana.did, track, { text: "first!", timestampMs: 0 });
  await until("the comment waits for a sign-in", async () => (await stateOf(id))?.state === "needs-sign-in");
  expect((await stateOf(id))?.reason).toContain("Sign in again");
  expect(await before.lostGrant(ana.did)).toBeNull();

  await likes.like(ana.did, track);
  await until("the like is on the PDS all the same", async () => {
    const { write } = await likes.state(ana.did, track);
    return write?.state === "confirmed";
  });
  expect((await stateOf(id))?.state).toBe("needs-sign-in");

  const after = authAgainst(
    pds,
    { db, url },
    {
      scope: `atproto repo:${collections.like} repo:${collections.comment}`,
      onSignIn: (did) => background.resumeParked(did),
    },
  );
  opened.defer(() => after.close());
  auth = after;
  await after.finish(await consent(after, ana), BROWSER);
  await until("the comment is on the PDS", async () => (await stateOf(id))?.state === "confirmed", {
    within: 8_000,
  });
}, 60_000);
