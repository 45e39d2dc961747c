import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import type { Parts } from "./parts.js";
import type { Rows } from "./rows.js";

/** A file in the storage, or one that is on its way there or was given up. */
interface StoredFile {
  readonly key: string;
  readonly path: string;
  readonly whole: boolean;
}

/** Where files are. */
type Places = Pick<Parts, "bucket" | "dataDir" | "storageDir">;
type Reading = Pick<Rows, "select">;

/** What names a file: only an upload's and a living export's may be half there. */
const named = z.object({ key: z.string(), by: z.enum(["track", "upload", "export"]), over: z.boolean() });

const INCOMING = ".incoming/";

/**
 * What lies in the storage and is nobody's. At any time, also when a process has just been killed, each file is named by
 * a row, so that somebody can clear it away: a track's own, one that is being taken in or that the reaper has yet to
 * clear (it waits for 5 minutes), or an export's.
 */
export async function strayFiles(places: Places, rows: Reading): Promise<string[]> {
  // The files first: a row is there before its file, and goes after it.
  const files = storedFiles(places);
  const keys = new Set((await namedKeys(rows)).map(({ key }) => key));
  return files
    .filter(({ key, path }) => !keys.has(key) && existsSync(path))
    .map(({ key }) => `${key} lies in the storage, and no row names it`);
}

/** Of what is in the storage when all is over, and what should be. */
export async function storageFaults(places: Places, rows: Reading): Promise<string[]> {
  const names = await namedKeys(rows);
  const files = storedFiles(places);
  const whole = new Set(files.filter((file) => file.whole).map(({ key }) => key));
  const allowed = new Set(
    names
      .filter(({ key, by, over }) => by === "upload" || (!over && !key.endsWith(".staged")))
      .map(({ key }) => key),
  );
  const inProgress = new Set(names.filter(({ by }) => by === "upload").map(({ key }) => key));
  return [
    ...files
      .filter(({ key, whole: isWhole }) => !(isWhole ? allowed : inProgress).has(key))
      .map(({ key, whole: isWhole }) => `${key} was left in the storage${isWhole ? "" : ", half there"}`),
    ...names
      .filter(({ key, by, over }) => by !== "upload" && !over && !key.endsWith(".staged") && !whole.has(key))
      .map(({ key, by }) => `${key} of ${by === "track" ? "a track" : "an export"} is not in the storage`),
    ...strangers(places),
  ];
}

async function namedKeys(rows: Reading): Promise<z.infer<typeof named>[]> {
  return rows.select(
    named,
    `select file_key as key, 'track' as by, deleted_at is not null as over from tracks where file_key is not null
     union all select file_key, 'upload', false from uploads where file_key is not null
     union all select file_key, 'export', status not in ('waiting', 'running', 'done')
       from exports where file_key is not null
     union all select 'exports/' || id || '.staged', 'export', status not in ('waiting', 'running')
       from exports where file_key is not null`,
  );
}

function storedFiles({ bucket, storageDir }: Places): StoredFile[] {
  if (bucket !== null) return bucket.objects();
  return filesIn(storageDir).map((path) => {
    const name = relative(storageDir, path);
    const whole = !name.startsWith(INCOMING);
    // As the folder storage names what is not whole yet: the key, with other slashes, and something random.
    const key = whole ? name : name.slice(INCOMING.length, name.lastIndexOf("%")).replaceAll("%", "/");
    return { key, path, whole };
  });
}

/**
 * Whatever else the service has put into its folder: it keeps nothing there but the storage. Of a scan's scratch file
 * that was opened a moment before its process was killed the empty name may be left; the next one clears it away.
 */
function strangers({ dataDir, storageDir }: Places): string[] {
  return filesIn(dataDir)
    .filter((path) => !path.startsWith(storageDir) && statSync(path).size > 0)
    .map((path) => `${relative(dataDir, path)} was left in the service's folder`);
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}
