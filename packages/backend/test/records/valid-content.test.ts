import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import type { RecordContent } from "../../src/database/schema.js";
import { collectionsOf } from "../../src/records/collections.js";
import { commentRecord } from "../../src/records/comment.js";
import { likeRecord } from "../../src/records/like.js";
import { demandValid, InvalidRecord } from "../../src/records/valid-content.js";

const { track, like, comment, list, profile } = collectionsOf("fm.plyr.test");
const play = "fm.teal.feed.play";
const oldPlay = "fm.teal.alpha.feed.play";
const status = "fm.teal.actor.status";

const now = new Date("2026-11-24T12:00:00.123Z");
const createdAt = now.toISOString();
const subject = {
  uri: "at://did:plc:artist/fm.plyr.test.track/3k2a",
  cid: "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
};
const audioBlob = {
  $type: "blob",
  ref: { $link: "bafkreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a" },
  mimeType: "audio/flac",
  size: 12,
};
const heard = { trackName: "Rain", artists: [{ artistName: "Mira" }], duration: 9 };

/** One record of each kind, with every field. */
const valid: Record<string, RecordContent> = {
  [track]: {
    ...{ $type: track, title: "Rain", artist: "Mira", fileType: "flac", createdAt, duration: 9, audioBlob },
    ...{ audioUrl: "https://plyr.test/a", imageUrl: "https://plyr.test/i", album: "Sea", description: "…" },
    features: [{ did: "did:plc:other" }],
    labels: { $type: "com.atproto.label.defs#selfLabels", values: [{ val: "explicit" }] },
  },
  [like]: likeRecord(like, subject, now),
  [comment]: commentRecord(comment, subject, { text: "yes", timestampMs: 0 }, now, now),
  [list]: {
    ...{ $type: list, name: "Sea", listType: "album", createdAt, updatedAt: createdAt },
    items: [{ subject }],
  },
  [profile]: { $type: profile, createdAt, updatedAt: createdAt, bio: "hm", avatar: "https://plyr.test/a" },
  [play]: {
    ...{ $type: play, ...heard, releaseName: "Sea", isrc: "QZ0000000000", playedTime: createdAt },
    ...{ originUri: "https://plyr.test/1", musicServiceUri: "https://plyr.test" },
    submissionClientAgent: "plyr/0.1",
  },
  [status]: { $type: status, time: createdAt, expiry: createdAt, item: heard },
};

function kindOf(collection: string): RecordContent {
  return valid[collection] ?? expect.fail(`no record of ${collection}`);
}

test.each(Object.keys(valid))("a record for %s is what its lexicon says", (collection) => {
  demandValid(collection, kindOf(collection));
});

test("every lexicon of ours has such a record", () => {
  const root = join(import.meta.dirname, "../../../../lexicons/fm");
  const ids = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".json"))
    .map((path) => z.object({ id: z.string() }).parse(JSON.parse(readFileSync(join(root, path), "utf8"))).id);
  const tried = Object.keys(valid).map((collection) => collection.replace("fm.plyr.test.", "fm.plyr."));
  expect(ids.sort()).toEqual(tried.sort());
});

test("a collection may be kept under another namespace, as teal's once was", () => {
  demandValid(oldPlay, { ...kindOf(play), $type: oldPlay });
});

test.each([
  [track, { title: "" }, "$.title"],
  [track, { title: "é".repeat(129) }, "$.title"],
  [track, { duration: 9.5 }, "$.duration"],
  [track, { duration: -1 }, "$.duration"],
  [track, { audioBlob: { ...audioBlob, mimeType: "video/mp4" } }, "$.audioBlob"],
  [track, { audioBlob: { ...audioBlob, size: 104_857_601 } }, "$.audioBlob"],
  [track, { features: Array.from({ length: 11 }, () => ({ did: "did:plc:other" })) }, "$.features"],
  [track, { features: [{ did: "mira" }] }, "$.features[0].did"],
  [like, { subject: { uri: "https://plyr.test", cid: subject.cid } }, "$.subject.uri"],
  [like, { subject: { uri: subject.uri, cid: "bafy" } }, "$.subject.cid"],
  [like, { createdAt: "2026-11-24 12:00" }, "$.createdAt"],
  [comment, { text: "" }, "$.text"],
  [comment, { text: "é".repeat(501) }, "$.text"],
  [comment, { timestampMs: 1.5 }, "$.timestampMs"],
  [comment, { timestampMs: -1 }, "$.timestampMs"],
  [comment, { updatedAt: "later" }, "$.updatedAt"],
  [list, { items: Array.from({ length: 501 }, () => ({ subject })) }, "$.items"],
  [list, { name: "🎵".repeat(65) }, "$.name"],
  [profile, { bio: "🎵".repeat(257) }, "$.bio"],
  [play, { playedTime: "yesterday" }, "$.playedTime"],
  [status, { item: { trackName: "Rain" } }, "artists"],
  [like, { $type: comment }, "$type"],
])("for %s, %j is refused, naming %s", (collection, fault, field) => {
  const wrong = () => {
    demandValid(collection, { ...kindOf(collection), ...fault });
  };
  expect(wrong).toThrow(InvalidRecord);
  expect(wrong).toThrow(field);
});

test.each(["subject", "text", "timestampMs", "createdAt"])("a comment without %s is refused", (field) => {
  const rest = Object.fromEntries(Object.entries(kindOf(comment)).filter(([name]) => name !== field));
  expect(() => {
    demandValid(comment, rest);
  }).toThrow(field);
});

test("a collection that no lexicon is for is refused", () => {
  expect(() => {
    demandValid("fm.plyr.test.repost", { $type: "fm.plyr.test.repost" });
  }).toThrow("there is no lexicon for it");
});
