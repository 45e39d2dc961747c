import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { findMusic, until } from "@plyr/dev";
import { z } from "zod";
import { addWork } from "../../src/catalogue/catalogue.js";
import { FingerprintThread } from "../../src/fingerprints/fingerprint-thread.js";
import { hear, type Heard } from "../../src/fingerprints/hear.js";
import { openDecisions, type Decisions } from "../../src/scans/decisions.js";
import { scanState, type ScanState } from "../../src/scans/scan-state.js";
import { openRepositories } from "../../src/repository/open.js";
import { openFolderStorage } from "../../src/storage/folder-storage.js";
import { openBackground } from "../../src/tasks/background.js";
import { NAMESPACE } from "../http/running-service.js";
import type { Person, Stage } from "../tracks/stage.js";

const run = promisify(execFile);
const listed = z.object({
  tracks: z.array(z.object({ id: z.number(), own: z.object({ scan: scanState.nullable() }).nullable() })),
});

/** A piece of real music, always the same for a number. */
export function piece(number: number): string {
  const path = findMusic()[number];
  if (path === undefined) throw new Error(`there is no piece ${String(number)}`);
  return path;
}

/** What ffmpeg makes of a piece with these arguments between it and the result. */
export async function changed(
  path: string,
  before: readonly string[],
  after: readonly string[],
): Promise<Buffer<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), "plyr-changed-"));
  try {
    const file = join(folder, "changed");
    await run("ffmpeg", ["-nostdin", "-v", "error", ...before, "-i", path, "-vn", ...after, file]);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** 25 s of a piece as an mp3, from its fifth second on. */
export const excerpt = (path: string): Promise<Buffer<ArrayBuffer>> =>
  changed(path, ["-ss", "5", "-t", "25"], ["-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"]);

export async function listen(path: string): Promise<Heard> {
  const thread = new FingerprintThread();
  const fd = openSync(path, "r");
  try {
    return await hear(fd, { thread, program: "ffmpeg", signal: new AbortController().signal });
  } finally {
    closeSync(fd);
    await thread.close();
  }
}

/** Puts a piece into the catalogue. */
export async function name(
  { db }: Pick<Stage, "db">,
  path: string,
  words: { title?: string; artist: string },
  change: (fingerprint: Uint32Array) => Uint32Array = (fingerprint) => fingerprint,
): Promise<number> {
  const heard = await listen(path);
  const sha256 = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  const fingerprint = change(heard.fingerprint);
  const { id } = await addWork(db, { title: basename(path), ...words, sha256, ...heard, fingerprint });
  return id;
}

/** What the page shows somebody of the scan of a track of their own; null: nothing. */
export async function scanOf({ browser }: Person, trackId: number): Promise<ScanState | null> {
  const { tracks } = listed.parse((await browser.get("/tracks")).json());
  return tracks.find(({ id }) => id === trackId)?.own?.scan ?? null;
}

/** Resolves when the scan of a person's own track stands so. */
export function scanned(
  person: Person,
  trackId: number,
  is: (scan: ScanState) => boolean = ({ at }) => at !== null,
): Promise<ScanState> {
  return until(
    `track ${String(trackId)} is scanned`,
    async () => {
      const scan = await scanOf(person, trackId);
      return scan !== null && is(scan) && scan;
    },
    { within: 20_000, every: 100 },
  );
}

/** The operator's commands, in a process that carries nothing out. */
export interface Operating extends AsyncDisposable {
  readonly decisions: Decisions;
}

export async function operate({ db }: Pick<Stage, "db">): Promise<Operating> {
  const folder = await mkdtemp(join(tmpdir(), "plyr-operator-"));
  const background = await openBackground({
    db,
    docketName: "plyr",
    concurrency: 1,
    worker: false,
    restore: () => Promise.reject(new Error("nothing runs here")),
    markGrantLost: () => Promise.resolve(),
    storage: openFolderStorage(folder),
    repositories: openRepositories({ environment: "development", plcUrl: "http://127.0.0.1:9" }),
    namespace: NAMESPACE,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  return {
    decisions: openDecisions({ db, outbox: background.outbox }),
    async [Symbol.asyncDispose]() {
      await background.stop({ drain: 0 });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
