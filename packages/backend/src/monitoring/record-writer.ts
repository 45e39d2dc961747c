import { context, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import type { ReadableSpan, Span, SpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";
import { personOf } from "../tracing/tracing.js";
import { RecordQueue } from "./record-queue.js";
import { DID, rowOf, type SpanRow } from "./span-row.js";

/** Rows per statement, and statements per round. */
const BATCH = 250;
const BATCHES = 8;
/** SQL that went well is written down from this duration on; seconds. There is too much of it else. */
const SLOW_SQL = 0.1;

export interface RecordWriterParts {
  readonly log: Log;
  /** Rows that may wait. */
  readonly most?: number;
  /** From the end of one round to the next; milliseconds. */
  readonly interval?: number;
}

/**
 * Writes spans into the table `records`, many at a time and behind everybody's back: a span that ends costs a row in
 * memory. A run is written down once it has gone on for a round, so that it is known what a worker did before it died.
 */
export class RecordWriter implements SpanProcessor {
  readonly #queue: RecordQueue;
  readonly #rounds: Rounds;
  /** Runs that go on, and whether that has been written down. */
  readonly #open = new Map<string, { readonly span: Span; written: boolean }>();
  #db: Kysely<Schema> | undefined;

  constructor({ log, most = 5_000, interval = 1_000 }: RecordWriterParts) {
    this.#queue = new RecordQueue(most);
    this.#rounds = new Rounds({ name: "record writer", round: () => this.round(), interval, log });
  }

  /** Rows left out since the process began, and why. */
  get dropped(): { readonly withoutRoom: number; readonly unwritable: number } {
    const { withoutRoom, unwritable } = this.#queue;
    return { withoutRoom, unwritable };
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** The table is there from now on. */
  start(db: Kysely<Schema>): void {
    this.#db = db;
    // What it sends itself is in nobody's trace.
    context.with(ROOT_CONTEXT, () => {
      this.#rounds.start();
    });
  }

  /** Writes what is left, if the database takes it. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await context.with(ROOT_CONTEXT, () => this.round()).catch(() => undefined);
    this.#db = undefined;
  }

  onStart(span: Span, above: Parameters<SpanProcessor["onStart"]>[1]): void {
    const did = personOf(above);
    if (did !== undefined) span.setAttribute(DID, did);
    if (span.kind === SpanKind.CONSUMER) this.#open.set(span.spanContext().spanId, { span, written: false });
  }

  onEnd(span: ReadableSpan): void {
    this.#open.delete(span.spanContext().spanId);
    const row = rowOf(span, true);
    if (
      row.attributes["db.system.name"] !== undefined &&
      row.level !== "error" &&
      (row.duration ?? 0) < SLOW_SQL
    )
      return;
    this.#queue.put(row);
  }

  /** One round, now. @throws when the database doesn't take it; the rows wait then */
  async round(): Promise<void> {
    if (this.#db === undefined) return;
    for (const run of this.#open.values()) {
      if (!run.written) this.#queue.put(rowOf(run.span, false));
      run.written = true;
    }
    for (let batch = 0; batch < BATCHES && this.#queue.size > 0; batch += 1) {
      await this.#write(this.#db, this.#queue.take(BATCH));
    }
  }

  async #write(db: Kysely<Schema>, rows: readonly SpanRow[]): Promise<void> {
    try {
      await insert(db, rows);
    } catch (error) {
      if (isUnwritable(error)) this.#queue.drop(rows.length);
      else this.#queue.putBack(rows);
      throw error;
    }
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.stop();
  }
}

/** The end of a span that was written down while it went on completes that row; who has left is not written about. */
async function insert(db: Kysely<Schema>, rows: readonly SpanRow[]): Promise<void> {
  // Two rows of one span in one statement would be refused: the later one says more.
  const bySpan = new Map(rows.map((row) => [row.span_id, row]));
  // JSON's escape for the one character that Postgres has no place for.
  const json = JSON.stringify([...bySpan.values()]).replaceAll("\\u0000", "\\ufffd");
  await sql`
    insert into records
      (trace_id, span_id, parent_span_id, start_timestamp, duration, span_name, message, level, kind, did, attributes)
    select
      trace_id, span_id, parent_span_id, start_timestamp, duration, span_name, message, level, kind, did, attributes
    from jsonb_to_recordset(${json}::jsonb) as told (
      trace_id text, span_id text, parent_span_id text, start_timestamp timestamptz, duration double precision,
      span_name text, message text, level text, kind text, did text, attributes jsonb
    )
    where did is null or exists (select from people where people.did = told.did)
    on conflict (span_id) do update set
      duration = excluded.duration, span_name = excluded.span_name, message = excluded.message,
      level = excluded.level, attributes = excluded.attributes
      where records.duration is null
  `.execute(db);
}

/** Whether the database says that these very values are wrong: they would be tomorrow too. */
function isUnwritable(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("22")
  );
}
