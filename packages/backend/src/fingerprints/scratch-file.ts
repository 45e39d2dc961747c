import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";

/** A file that a program can be given, and jump about in. */
export interface ScratchFile extends AsyncDisposable {
  readonly fd: number;
}

/** A file has its name for an instant; milliseconds. */
const NAMED = 60_000;

/**
 * Puts content into a file without a name: it is gone as soon as nobody has it open, also when this process is killed.
 * One that was killed before it could take the name away has left an empty file, which goes here.
 *
 * @param folder absolute; made when it is not there
 * @throws what `content` fails with, and when the disk is full
 */
export async function writeScratch(folder: string, content: AsyncIterable<Buffer>): Promise<ScratchFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await clearAway(folder);
  const path = join(folder, randomUUID());
  const written = await open(path, "wx", 0o600);
  try {
    const file = await open(path, "r");
    try {
      await unlink(path);
      for await (const chunk of content) await written.appendFile(chunk);
      return { fd: file.fd, [Symbol.asyncDispose]: () => file.close() };
    } catch (error) {
      await file.close();
      throw error;
    }
  } finally {
    await written.close();
  }
}

async function clearAway(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Others clear away as well.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > NAMED) await rm(path, { force: true });
  }
}
