import { decode } from "./decode.js";
import type { FingerprintThread } from "./fingerprint-thread.js";

/** What a file sounds like. */
export interface Heard {
  /** That could be decoded. */
  readonly seconds: number;
  /** The part of them in which there is anything to hear, 0 to 1. */
  readonly audible: number;
  readonly fingerprint: Uint32Array;
}

/** Of 32,768: below it nobody hears anything (−54 dB). */
const SILENCE = 64;

/**
 * Decodes a file and makes its fingerprint, as a stream. One at a time for each thread.
 *
 * @param fd open for reading; left open
 * @param program ffmpeg's name or path
 * @throws {Undecodable} {DecoderMissing}, and what `signal` is aborted with
 */
export async function hear(
  fd: number,
  { thread, program, signal }: { thread: FingerprintThread; program: string; signal: AbortSignal },
): Promise<Heard> {
  let samples = 0;
  let loud = 0;
  await thread.begin();
  const { seconds } = await decode(fd, {
    program,
    signal,
    async take(part) {
      samples += part.length;
      for (const sample of part) if (sample > SILENCE || sample < -SILENCE) loud++;
      await thread.feed(part);
    },
  });
  return { seconds, audible: samples === 0 ? 0 : loud / samples, fingerprint: await thread.finish() };
}
