import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export type Format = "mp3" | "wav" | "flac" | "m4a" | "ogg" | "opus";

const arguments_: Record<Format, string[]> = {
  mp3: ["-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"],
  wav: ["-c:a", "pcm_s16le", "-f", "wav"],
  flac: ["-c:a", "flac", "-f", "flac"],
  m4a: ["-c:a", "aac", "-b:a", "64k", "-f", "ipod"],
  ogg: ["-c:a", "libvorbis", "-f", "ogg"],
  opus: ["-c:a", "libopus", "-f", "ogg"],
};

/** A tone of so many seconds, made by ffmpeg. */
export async function makeAudio(
  format: Format,
  seconds = 3,
  tags: Record<string, string> = {},
): Promise<Buffer<ArrayBuffer>> {
  const described = Object.entries(tags).flatMap(([name, value]) => ["-metadata", `${name}=${value}`]);
  const sound = `sine=frequency=330:duration=${String(seconds)}`;
  // A file, not a pipe: most formats write their length at the beginning, when they know it at the end.
  const folder = await mkdtemp(join(tmpdir(), "plyr-audio-"));
  try {
    const file = join(folder, "tone");
    await promisify(execFile)("ffmpeg", [
      ...["-loglevel", "error", "-f", "lavfi", "-i", sound],
      ...described,
      ...arguments_[format],
      file,
    ]);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
