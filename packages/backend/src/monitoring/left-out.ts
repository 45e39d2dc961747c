import { randomBytes } from "node:crypto";
import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Schema } from "../database/schema.js";
import { Rounds } from "../loops/rounds.js";

/** What a process has not recorded since it began, and why. */
export interface LeftOut {
  /** Traces that were not begun, because so many had been. What failed in them is recorded all the same. */
  readonly unbegun: number;
  /** Spans that there was no room for, while the database was slow or away. */
  readonly withoutRoom: number;
  /** Spans that the database won't take. */
  readonly unwritable: number;
}

const SPAN_NAME = "spans left out";

export interface LeftOutNotesParts {
  readonly db: Kysely<Schema>;
  readonly log: Log;
  readonly leftOut: () => LeftOut;
  /** Host and process id. */
  readonly process: string;
  readonly role: string;
  /** From one note to the next; milliseconds, default a minute. */
  readonly interval?: number;
}

/** Notes in the table `records` itself what is missing there, and since when: a row a minute, if there is anything to say. */
export class LeftOutNotes {
  readonly #parts: LeftOutNotesParts;
  readonly #rounds: Rounds;
  #noted: LeftOut = { unbegun: 0, withoutRoom: 0, unwritable: 0 };
  #at = new Date();

  constructor(parts: LeftOutNotesParts) {
    this.#parts = parts;
    const { log, interval = 60_000 } = parts;
    this.#rounds = new Rounds({
      name: "noting of what is left out",
      round: () => this.note(),
      interval,
      log,
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** With what has not been noted yet, if the database takes it. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.note().catch(() => undefined);
  }

  /** @throws when the database doesn't take it; it is noted with what comes later then */
  async note(): Promise<void> {
    const { db, leftOut, process, role } = this.#parts;
    const [now, at] = [leftOut(), new Date()];
    const unbegun = now.unbegun - this.#noted.unbegun;
    const withoutRoom = now.withoutRoom - this.#noted.withoutRoom;
    const unwritable = now.unwritable - this.#noted.unwritable;
    if (unbegun + withoutRoom + unwritable > 0)
      await db
        .insertInto("records")
        .values({
          start_timestamp: this.#at.toISOString(),
          duration: (at.getTime() - this.#at.getTime()) / 1_000,
          span_name: SPAN_NAME,
          message: `${SPAN_NAME}: ${String(unbegun)} traces not begun, ${String(withoutRoom)} spans without room, ${String(unwritable)} that can't be written`,
          level: withoutRoom + unwritable > 0 ? "error" : "warn",
          kind: "internal",
          trace_id: randomBytes(16).toString("hex"),
          span_id: randomBytes(8).toString("hex"),
          parent_span_id: null,
          did: null,
          attributes: JSON.stringify({
            "service.instance.id": process,
            "plyr.role": role,
            "plyr.traces.unbegun": unbegun,
            "plyr.spans.without_room": withoutRoom,
            "plyr.spans.unwritable": unwritable,
          }),
        })
        .execute();
    this.#noted = now;
    this.#at = at;
  }
}

/** What one process has noted. */
export const leftOutOf = z.object({
  process: z.string(),
  role: z.string(),
  unbegun: z.int(),
  withoutRoom: z.int(),
  unwritable: z.int(),
  /** When it was last noted; ISO 8601. */
  at: z.string(),
});

/** What was left out in the last hour, by process, the last noted first; 50 processes at most. */
export async function readLeftOut(db: Kysely<Schema>): Promise<z.infer<typeof leftOutOf>[]> {
  const { rows } = await sql<Omit<z.infer<typeof leftOutOf>, "at"> & { at: Date }>`
    select
      attributes ->> 'service.instance.id' as process, max(attributes ->> 'plyr.role') as role,
      sum((attributes ->> 'plyr.traces.unbegun')::integer)::integer as unbegun,
      sum((attributes ->> 'plyr.spans.without_room')::integer)::integer as "withoutRoom",
      sum((attributes ->> 'plyr.spans.unwritable')::integer)::integer as unwritable,
      max(start_timestamp + duration * interval '1 second') as at
    from records where span_name = ${SPAN_NAME} and start_timestamp > now() - interval '1 hour'
    group by process order by at desc limit 50
  `.execute(db);
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
}
