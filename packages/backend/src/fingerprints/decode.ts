import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { SAMPLE_RATE } from "./chromaprint.js";

/** ffmpeg is not there. Nothing is wrong with the audio: once it is installed, trying again helps. */
export class DecoderMissing extends Error {
  override readonly name = "DecoderMissing";
}

/** The audio can't be decoded. The message is for whoever sent it. */
export class Undecodable extends Error {
  override readonly name = "Undecodable";
}

export interface DecodeOptions {
  /** ffmpeg's name or path. */
  readonly program: string;
  readonly signal: AbortSignal;
  /** Gets the samples as they come, and is waited for. */
  readonly take: (samples: Int16Array<ArrayBuffer>) => Promise<void>;
  /** Milliseconds; default 10 minutes. */
  readonly limit?: number;
}

const LIMIT = 600_000;
/** Longer audio than this, in seconds, is not decoded: a few bytes can claim to be years of silence. */
const LONGEST = 24 * 3_600;
/** What ffmpeg says beyond this many characters is not kept. */
const SAID = 2_000;
/** Below everything that somebody waits for. */
const PRIORITY = 10;
/** What one of its buffers may take, in bytes. */
const LARGEST_BUFFER = 268_435_456;
const FORMATS = "mp3,wav,flac,ogg,mov,aiff,aac";

/**
 * Decodes a file to one channel of 16-bit samples, in a process of its own: as a stream, so with flat memory however long
 * it is. What comes from strangers can't make it open anything else: only formats of audio, only this one file.
 *
 * @param fd of the file, open for reading; left open
 * @returns how many seconds were decoded
 * @throws {Undecodable} {DecoderMissing}, and what `signal` is aborted with
 */
export async function decode(fd: number, options: DecodeOptions): Promise<{ seconds: number }> {
  const { program, signal, take, limit = LIMIT } = options;
  signal.throwIfAborted();
  const tooLong = AbortSignal.timeout(limit);
  const child = spawn(program, ARGUMENTS, { stdio: [fd, "pipe", "pipe"] });
  const end = (): void => {
    child.kill("SIGKILL");
  };
  const stop = AbortSignal.any([signal, tooLong]);
  stop.addEventListener("abort", end);
  try {
    await started(child, program);
    const ended = once(child, "close");
    const said = listen(child);
    const seconds = await handOn(child, take);
    await ended;
    signal.throwIfAborted();
    if (tooLong.aborted)
      throw new Undecodable(
        `Decoding it took longer than ${String(limit / 60_000)} minutes, so it was given up.`,
      );
    if (child.exitCode !== 0) throw new Undecodable(`The file is damaged: ${said()}`);
    return { seconds };
  } finally {
    stop.removeEventListener("abort", end);
    end();
  }
}

const ARGUMENTS = [
  ...["-nostdin", "-v", "error", "-threads", "1", "-max_alloc", String(LARGEST_BUFFER)],
  ...["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-i", "file:/dev/stdin"],
  // All audio streams: with more than one, nobody knows which a player takes, and ffmpeg refuses.
  ...["-map", "0:a", "-ac", "1", "-ar", String(SAMPLE_RATE), "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"],
];

async function started(child: ChildProcess, program: string): Promise<void> {
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw new DecoderMissing(`The program ${program}, which decodes audio, can't be started here.`, {
      cause,
    });
  }
  try {
    if (child.pid !== undefined) setPriority(child.pid, PRIORITY);
  } catch {
    // It has ended already, or may not be slowed down; neither matters.
  }
}

/** @returns the first thing that it complained of, in one line */
function listen(child: ChildProcess): () => string {
  let said = "";
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => {
    said = (said + text).slice(0, SAID);
  });
  return () => {
    const [line = ""] = said.replaceAll(/^\[[^\]]*\]\s*|file:\/dev\/stdin:\s*/gm, "").split("\n");
    return line === ""
      ? "its audio can't be decoded."
      : `its audio can't be decoded (${line.slice(0, 200)}).`;
  };
}

async function handOn(child: ChildProcess, take: DecodeOptions["take"]): Promise<number> {
  let samples = 0;
  let rest: Buffer = Buffer.alloc(0);
  if (child.stdout === null) throw new TypeError("the decoder has no output");
  for await (const chunk of child.stdout) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("the decoder's output is not bytes");
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = all.length - (all.length % 2);
    rest = all.subarray(whole);
    // A copy of its own: it is given away.
    const bytes = new Uint8Array(whole);
    bytes.set(all.subarray(0, whole));
    samples += whole / 2;
    if (samples > LONGEST * SAMPLE_RATE)
      throw new Undecodable(
        `It is longer than ${String(LONGEST / 3_600)} hours, which is not looked through.`,
      );
    await take(new Int16Array(bytes.buffer));
  }
  return samples / SAMPLE_RATE;
}
