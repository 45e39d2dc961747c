import { setTimeout as pause } from "node:timers/promises";
import { classify, refusalIn, type Answer } from "../pds/answer.js";
import type { PdsClient } from "../pds/client.js";
import { WrongBlob, type NamedBlob } from "../pds/read-blob.js";
import { pauseAfter, type Pauses } from "../records/pauses.js";
import { StorageUnavailable, type Storage } from "../storage/storage.js";

export interface PdsAudioParts {
  readonly pds: PdsClient;
  readonly storage: Storage;
  readonly pauses: Pauses;
  readonly did: string;
  /** Where the file is put. */
  readonly key: string;
  readonly signal: AbortSignal;
  /** Called as bytes come. */
  readonly onMoved: () => void;
}

/** How it went: the file lies in the storage, checked; or why it does not, in words for the artist. */
export type Brought = { readonly size: number } | { readonly missing: string };

/** A PDS is asked this many times for one file. */
const TRIES = 3;

const WRONG = "What your PDS has for it is not the audio that its record names.";
const GONE = "Your PDS does not have its audio any more.";
const AWAY = "Its audio is only on your PDS, which could not be read from. Export again when it is back.";
const SIGN_IN = "Its audio is only on your PDS, which asks you to sign in again first. Then export again.";

/**
 * Brings audio that is only on an artist's PDS to our storage, one file at a time. Only what is checked gets into an
 * archive, and what is in one can't be taken out again: so it lies aside first.
 *
 * An export keeps others waiting, so it does not wait for a PDS: when one is found to be away, it isn't asked again.
 */
export class PdsAudio {
  readonly #parts: PdsAudioParts;
  #closed: string | undefined;

  constructor(parts: PdsAudioParts) {
    this.#parts = parts;
  }

  /** @throws {StorageUnavailable}; the signal's reason */
  async bring(blob: NamedBlob): Promise<Brought> {
    if (this.#closed !== undefined) return { missing: this.#closed };
    const { signal, pauses } = this.#parts;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#ask(blob);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof StorageUnavailable) throw error;
        if (error instanceof WrongBlob) return { missing: WRONG };
        if (refusalIn(error)?.error === "BlobNotFound") return { missing: GONE };
        const answer = classify(error);
        if (answer.kind === "refused") return { missing: answer.reason };
        if (tries < TRIES && answer.kind !== "sign-in" && isSoon(answer, pauses)) {
          this.#parts.onMoved();
          await pause(pauseAfter(tries, pauses), undefined, { signal });
        } else {
          this.#closed = answer.kind === "sign-in" ? SIGN_IN : AWAY;
          return { missing: this.#closed };
        }
      }
    }
  }

  async #ask(blob: NamedBlob): Promise<Brought> {
    const { pds, storage, did, key, signal, onMoved } = this.#parts;
    const options = { contentType: "application/octet-stream", signal };
    return pds.readBlob(
      did,
      blob,
      (content) => {
        content.on("data", onMoved);
        return storage.put(key, content, options);
      },
      signal,
    );
  }
}

/** A rate limit that names an hour is not waited for. */
function isSoon(answer: Answer, { longest }: Pauses): boolean {
  return answer.kind !== "wait" || (answer.pause ?? 0) <= longest;
}
