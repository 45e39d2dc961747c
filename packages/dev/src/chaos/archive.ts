import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

const manifest = z.object({
  tracks: z.array(z.object({ id: z.int(), file: z.string() })),
  leftOut: z.array(z.object({ id: z.int(), reason: z.string() })),
});

export interface Archive {
  /** By their names. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly tracks: readonly { readonly id: number; readonly file: string }[];
  /** Why, by the track's id. */
  readonly leftOut: ReadonlyMap<number, string>;
}

/** What a person finds who unpacks an archive. @throws when unzip has anything against it */
export async function unpack(archive: Buffer): Promise<Archive> {
  const folder = await mkdtemp(join(tmpdir(), "plyr-chaos-archive-"));
  try {
    const file = join(folder, "archive.zip");
    const inside = join(folder, "inside");
    await writeFile(file, archive);
    await promisify(execFile)("unzip", ["-q", file, "-d", inside], {
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
    const entries = await readdir(inside, { recursive: true, withFileTypes: true });
    const paths = entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
    const files = new Map(
      await Promise.all(paths.map(async (path) => [relative(inside, path), await readFile(path)] as const)),
    );
    const { tracks, leftOut } = manifest.parse(JSON.parse(files.get("manifest.json")?.toString() ?? "null"));
    return { files, tracks, leftOut: new Map(leftOut.map(({ id, reason }) => [id, reason])) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
