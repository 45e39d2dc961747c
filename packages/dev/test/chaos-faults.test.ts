import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { albumFaults, namingFaults, type KnownAlbum } from "../src/chaos/album-faults.js";
import { scrobbleFaults, statusFaults, type KnownPlay } from "../src/chaos/play-faults.js";
import type { Repository } from "../src/chaos/repositories.js";
import type { Rows } from "../src/chaos/rows.js";
import { storageFaults, strayFiles } from "../src/chaos/stored-files.js";

const track = (id: number, album?: string): Repository["tracks"][number] => ({
  uri: `at://a/track/${String(id)}`,
  cid: `cid${String(id)}`,
  trackId: id,
  value: {
    title: "T",
    audioUrl: `http://x/tracks/${String(id)}/audio`,
    ...(album !== undefined && { album }),
  },
});
const list = (name: string, ids: number[]): Repository["lists"][number] => ({
  uri: `at://a/list/${name}`,
  value: {
    name,
    listType: "album",
    items: ids.map((id) => ({ subject: { uri: `at://a/track/${String(id)}`, cid: `cid${String(id)}` } })),
  },
});
const holding = (held: Partial<Repository>): Repository => ({
  ...{ tracks: [], likes: [], comments: [], lists: [], plays: [], statuses: [], all: [] },
  ...held,
});

describe("albums", () => {
  const known: KnownAlbum = {
    ...{ id: 1, did: "a", titles: new Set(["A"]), orders: new Set(["2,1", "1"]), fate: "there" },
  };
  const tracks = [track(1), track(2)];
  const faults = (album: KnownAlbum, lists: Repository["lists"]) =>
    albumFaults([album], new Set(["Perhaps"]), holding({ tracks, lists }));

  test("an album with another order, twice, or with what its owner was told is gone is a fault", () => {
    expect(faults(known, [list("A", [2, 1])])).toEqual([]);
    expect(faults(known, [list("A", [1])])).toEqual([]);
    expect(faults(known, [list("A", [1, 2])])).toHaveLength(1);
    expect(faults(known, [list("A", [1]), list("A", [1])])).toHaveLength(1);
    expect(faults(known, [])).toHaveLength(1);
    expect(faults({ ...known, fate: "gone" }, [list("A", [1])])).toHaveLength(1);
    expect(faults({ ...known, fate: "either" }, [])).toEqual([]);
    expect(faults(known, [list("A", [1]), list("B", [])])).toHaveLength(1);
    expect(faults(known, [list("A", [1]), list("Perhaps", [])])).toEqual([]);
  });

  test("a track that is gone has left the album, and one that is written anew is listed as it is", () => {
    const left = { tracks: [track(1)], lists: [list("A", [1])] };
    expect(albumFaults([{ ...known, orders: new Set(["2,1"]) }], new Set(), holding(left))).toEqual([]);
    const anew = { tracks: [{ ...track(1), cid: "new" }], lists: [list("A", [1])] };
    expect(albumFaults([{ ...known, orders: new Set(["1"]) }], new Set(), holding(anew))).toHaveLength(1);
  });

  test("a track's record names the album that it is on", () => {
    expect(namingFaults(holding({ tracks: [track(1, "A"), track(2)], lists: [list("A", [1])] }))).toEqual([]);
    expect(namingFaults(holding({ tracks: [track(1)], lists: [list("A", [1])] }))).toHaveLength(1);
    expect(namingFaults(holding({ tracks: [track(1, "A")], lists: [list("A", [])] }))).toHaveLength(1);
  });
});

describe("plays", () => {
  const item = { originUri: "http://x/tracks/1/audio", trackName: "T" };
  const known = (scrobbles: string[], perhaps = false): KnownPlay => ({
    ...{ id: "p", did: "a", trackId: 1, from: 1_000, to: 2_000, counted: true, perhaps },
    scrobbles: new Set(scrobbles),
  });
  const record = (uri: string, at = 1_500): Repository["plays"][number] => ({
    uri,
    value: { ...item, playedTime: new Date(at) },
  });

  test("a play that is lacking, told twice, of another time, or that nobody was told of is a fault", () => {
    expect(scrobbleFaults("a", [known(["u"])], [record("u")])).toEqual([]);
    expect(scrobbleFaults("a", [known(["u"])], [])).toHaveLength(1);
    expect(scrobbleFaults("a", [known(["u"])], [record("u", 9_000)])).toHaveLength(1);
    expect(scrobbleFaults("a", [known([])], [record("u")])).toHaveLength(1);
    expect(scrobbleFaults("a", [known([], true)], [record("u")])).toEqual([]);
    expect(scrobbleFaults("a", [known([], true)], [])).toEqual([]);
    expect(scrobbleFaults("a", [known([], true)], [record("u"), record("v")])).toHaveLength(1);
  });

  test("a status that is not over says the newest", () => {
    const says = (expiry: number) => [{ uri: "s", value: { expiry: new Date(expiry), item } }];
    const newest = (...what: (number | "nothing")[]) => ({ says: new Set(what), since: 0 });
    expect(statusFaults("a", newest(1), says(9_000), 1_000)).toEqual([]);
    expect(statusFaults("a", newest(2), says(9_000), 1_000)).toHaveLength(1);
    expect(statusFaults("a", newest(2), says(9_000), 10_000)).toEqual([]);
    expect(statusFaults("a", newest(2), [], 1_000)).toHaveLength(1);
    expect(statusFaults("a", newest(2), [], 61_000)).toEqual([]);
    expect(statusFaults("a", newest(2, "nothing"), [], 1_000)).toEqual([]);
    expect(statusFaults("a", undefined, says(9_000), 1_000)).toHaveLength(1);
  });
});

describe("files", () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "plyr-chaos-files-"));
  });
  afterEach(() => {
    rmSync(dataDir, { recursive: true, force: true });
  });

  test("a file that no row names is a fault at any time, and half a file when all is over", async () => {
    const storageDir = join(dataDir, "storage");
    const parts = { bucket: null, dataDir, storageDir };
    const named = [
      { key: "audio/one", by: "track", over: false },
      { key: "exports/two.zip", by: "export", over: false },
    ];
    const rows: Pick<Rows, "select"> = {
      select: (row) => Promise.resolve(named.map((each) => row.parse(each))),
    };
    for (const folder of ["audio", "exports", ".incoming"])
      mkdirSync(join(storageDir, folder), { recursive: true });
    for (const key of ["audio/one", "exports/two.zip"]) writeFileSync(join(storageDir, key), "whole");
    expect([await strayFiles(parts, rows), await storageFaults(parts, rows)]).toEqual([[], []]);

    writeFileSync(join(storageDir, ".incoming", "exports%two.zip%0123"), "half");
    expect(await strayFiles(parts, rows)).toEqual([]);
    expect(await storageFaults(parts, rows)).toHaveLength(1);

    writeFileSync(join(storageDir, "audio", "three"), "whole");
    expect(await strayFiles(parts, rows)).toHaveLength(1);
    expect(await storageFaults(parts, rows)).toHaveLength(2);

    rmSync(join(storageDir, "audio", "one"));
    expect(await storageFaults(parts, rows)).toHaveLength(3);
    writeFileSync(join(dataDir, "left behind"), "something");
    expect(await storageFaults(parts, rows)).toHaveLength(4);
  });
});
