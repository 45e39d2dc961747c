import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { holds, type Holder } from "../records/pds-record.js";
import { StorageUnavailable } from "../storage/storage.js";

/** The export is no longer to be made: it was cancelled, or another run has it. */
export class CalledOff extends Error {
  override readonly name = "CalledOff";
}

/** How often the row is written and looked at; milliseconds. */
const LOOK = 500;

export interface WatchParts {
  readonly db: Kysely<Schema>;
  readonly exportId: string;
  readonly holder: Holder;
  /** For how long nothing may move before the storage counts as away; milliseconds. */
  readonly stall: number;
}

/**
 * Looks after an export while it runs: writes down how far it is, and aborts `signal` when it is no longer wanted
 * (`CalledOff`) or nothing moves any more (`StorageUnavailable`). One statement each half second does both.
 */
export class RunWatch {
  readonly #parts: WatchParts;
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  #bytes = 0;
  #tracks = 0;
  #moved = performance.now();

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#next();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Something moves. @param archived bytes of audio that went into the archive */
  moved(archived = 0): void {
    this.#bytes += archived;
    this.#moved = performance.now();
  }

  /** A track has been dealt with. */
  passed(): void {
    this.#tracks += 1;
  }

  get progress(): { processed_bytes: number; processed_count: number } {
    return { processed_bytes: this.#bytes, processed_count: this.#tracks };
  }

  /** Resolves when the row is no longer touched from here. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #next(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look();
    }, LOOK);
  }

  async #look(): Promise<void> {
    if (performance.now() - this.#moved > this.#parts.stall) {
      this.#over.abort(new StorageUnavailable("nothing has moved for too long"));
      return;
    }
    // A database that is away for a moment is asked again; the lease ends a run that it has forgotten.
    const wanted = await this.#write().catch(() => true);
    if (!wanted) this.#over.abort(new CalledOff("the export is no longer to be made"));
    else if (!this.#stopped) this.#next();
  }

  async #write(): Promise<boolean> {
    const { db, exportId, holder } = this.#parts;
    const { numUpdatedRows } = await db
      .updateTable("exports")
      .set({ ...this.progress, total_bytes: sql`greatest(total_bytes, ${this.#bytes}::float8)` })
      .where("id", "=", exportId)
      .where("status", "=", "running")
      .where(holds(holder))
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }
}
