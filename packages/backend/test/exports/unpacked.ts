import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

export const manifest = z.strictObject({
  artist: z.strictObject({ did: z.string(), handle: z.string() }),
  madeAt: z.iso.datetime(),
  tracks: z.array(
    z.strictObject({
      id: z.number(),
      title: z.string(),
      description: z.string().nullable(),
      uri: z.string(),
      cid: z.string().nullable(),
      fileType: z.string(),
      duration: z.number(),
      createdAt: z.iso.datetime(),
      file: z.string(),
      size: z.number(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      source: z.enum(["storage", "pds"]),
    }),
  ),
  leftOut: z.array(
    z.strictObject({ id: z.number(), title: z.string(), uri: z.string(), reason: z.string() }),
  ),
});

export interface Unpacked {
  files: Map<string, Buffer>;
  manifest: z.infer<typeof manifest>;
}

/** What a person finds who unpacks an archive. @throws when unzip has anything against it */
export async function unpacked(archive: Buffer): Promise<Unpacked> {
  const folder = await mkdtemp(join(tmpdir(), "plyr-unzip-"));
  try {
    const file = join(folder, "archive.zip");
    await writeFile(file, archive);
    const env = { ...process.env, LC_ALL: "C.UTF-8" };
    await promisify(execFile)("unzip", ["-tqq", file], { env });
    const inside = join(folder, "inside");
    await promisify(execFile)("unzip", ["-q", file, "-d", inside], { env });
    const entries = await readdir(inside, { recursive: true, withFileTypes: true });
    const paths = entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
    const files = new Map(
      await Promise.all(paths.map(async (path) => [relative(inside, path), await readFile(path)] as const)),
    );
    const text = files.get("manifest.json")?.toString() ?? "null";
    return { files, manifest: manifest.parse(JSON.parse(text)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
