import { PdsRefusal } from "../pds/refusal.js";
import { HomeUnknown } from "../repository/homes.js";
import type { RepositoryReader } from "../repository/repository.js";

/** A repository can't be read at the moment. The message is for the operator. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
  /** Whether it is so for everybody on that host. */
  readonly ofHost: boolean;

  constructor(cause: unknown) {
    super(wordsFor(cause), { cause });
    this.ofHost =
      !(cause instanceof HomeUnknown) &&
      (!(cause instanceof PdsRefusal) || cause.status >= 500 || cause.status === 429);
  }
}

function wordsFor(cause: unknown): string {
  if (cause instanceof HomeUnknown) return cause.message;
  if (cause instanceof PdsRefusal) {
    return `the PDS answered ${String(cause.status)}${cause.error === undefined ? "" : ` ${cause.error}`}`;
  }
  return `the PDS can't be read: ${cause instanceof Error ? cause.message : String(cause)}`;
}

/** A reader whose failures are told apart from those of whoever reads. @throws {Unreadable} from all it does */
export function tellingReader(reader: RepositoryReader): RepositoryReader {
  return {
    async *readRepository(did, collections, signal) {
      try {
        yield* reader.readRepository(did, collections, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw new Unreadable(error);
      }
    },
    async readRecord(address, signal) {
      try {
        return await reader.readRecord(address, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw new Unreadable(error);
      }
    },
  };
}
