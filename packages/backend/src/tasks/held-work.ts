import type { Log } from "@plyr/docket";
import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import type { Dispatcher } from "../outbox/dispatcher.js";
import type { Intent } from "../outbox/intents.js";
import { RECORDS_BATCH } from "../batches/crowd.js";
import { notStruck } from "../strikes/strikes.js";
import { isOn, type Hold } from "../pds/holds.js";
import { showHold, showReleased } from "../records/held-rows.js";
import type { TaskServices } from "./services.js";

/** A host that is away is paused until its next try, and so much longer: each try that fails prolongs it. Milliseconds. */
const BEYOND_TRIAL = 60_000;

export interface HeldWorkParts {
  readonly db: Kysely<Schema>;
  readonly dispatcher: Pick<Dispatcher<TaskServices>, "pause" | "resume" | "tryInProcess">;
  /** Has intents carried out now, wherever they wait. */
  readonly goOn: (intents: readonly Intent[]) => Promise<void>;
  readonly log: Log;
}

/**
 * What a hold means for the work that waits for it: its records say so, docket doesn't start it (where docket can't be told
 * so, each task finds out from the database for itself), and it goes on when the hold is over.
 */
export class HeldWork {
  readonly #parts: HeldWorkParts;
  /** Until when docket has been told to pause a person; milliseconds since the epoch. */
  readonly #told = new Map<string, number>();

  constructor(parts: HeldWorkParts) {
    this.#parts = parts;
  }

  /** A hold was placed or prolonged. */
  async hold(hold: Hold): Promise<void> {
    const { db, log } = this.#parts;
    const { scope, name, cause, until, reason, tries } = hold;
    if (cause !== "away" || tries === 1)
      log.warn({ [scope === "person" ? "did" : "host"]: name, scope, cause, until }, `held: ${reason}`);
    if (scope === "uploads") return;
    await showHold(db, hold);
    await this.#pause(scope === "person" ? [name] : await personsWaiting(db, name), hold);
  }

  /** A task of this person found itself held. */
  async notice(did: string, hold: Hold): Promise<void> {
    if (hold.scope !== "uploads") await this.#pause([did], hold);
  }

  /** Has one of the calls made that wait for a host (what waits for a batch makes none itself); false: none waits. */
  async tryOne(host: string): Promise<boolean> {
    const { rows } = await sql<Intent>`
      select intents.id, intents.task, intents.payload, intents.traceparent from intents
      left join pds_homes on pds_homes.did = intents.payload ->> 'did'
      left join pds_records as record on record.id::text = intents.payload ->> 'recordId'
      where intents.state = 'open' and coalesce(pds_homes.host, intents.payload ->> 'did') = ${host}
        and ${notStruck} and (record.id is null or (record.state in ('writing', 'waiting') and record.awaits is null))
        and not exists (select 1 from pds_holds where scope = 'person' and name = intents.payload ->> 'did'
          and cause <> 'over' and until > now())
      order by (intents.task = ${RECORDS_BATCH} and random() < 0.5) desc, random() limit 1
    `.execute(this.#parts.db);
    const [intent] = rows;
    if (intent !== undefined) await this.#parts.dispatcher.tryInProcess(intent);
    return intent !== undefined;
  }

  /** The hold is over: what it kept goes on. Twice is once. */
  async release(hold: Hold): Promise<void> {
    const { db, dispatcher, goOn, log } = this.#parts;
    const { scope, name, since } = hold;
    if (hold.tries > 0)
      log.info(
        { [scope === "person" ? "did" : "host"]: name, scope, since },
        "a hold is over; what waited goes on",
      );
    const persons = scope === "person" ? [name] : await personsOn(db, name);
    const paused = persons.filter((did) => this.#told.delete(did));
    const waiting = scope === "person" ? [name] : await personsWaiting(db, name);
    await dispatcher.resume([...new Set([...paused, ...waiting])]);
    await goOn(await intentsOf(db, hold));
    // At last: what they say tells whom to wake, also the next time.
    if (hold.tries <= 0) await showReleased(db, hold);
  }

  async #pause(persons: readonly string[], hold: Hold): Promise<void> {
    const { cause, remaining, reason } = hold;
    const now = Date.now();
    for (const [did, told] of this.#told) if (told <= now) this.#told.delete(did);
    const ms = Math.max(0, remaining);
    const untold = persons.filter((did) => (this.#told.get(did) ?? 0) < now + ms);
    if (untold.length === 0) return;
    const length = Math.ceil(ms) + (cause === "away" ? BEYOND_TRIAL : 0);
    for (const did of untold) this.#told.set(did, now + length);
    await this.#parts.dispatcher.pause(untold, length, reason);
    // It may have ended in between, and whoever ended it have had docket go on before it was told to pause.
    if (await isOn(this.#parts.db, hold)) return;
    for (const did of untold) this.#told.delete(did);
    await this.#parts.dispatcher.resume(untold);
  }
}

async function personsOn(db: Kysely<Schema>, host: string): Promise<string[]> {
  const rows = await db.selectFrom("pds_homes").select("did").where("host", "=", host).execute();
  return [...rows.map(({ did }) => did), host];
}

/** Those with something to write. */
async function personsWaiting(db: Kysely<Schema>, host: string): Promise<string[]> {
  const { rows } = await sql<{ did: string }>`
    select distinct intents.payload ->> 'did' as did from intents
    left join pds_homes on pds_homes.did = intents.payload ->> 'did'
    where intents.state = 'open' and coalesce(pds_homes.host, intents.payload ->> 'did') = ${host}
  `.execute(db);
  return rows.map(({ did }) => did);
}

/** Those that a hold has kept. What waits for something else (a sign-in, another record, a late answer) is woken by that. */
async function intentsOf(db: Kysely<Schema>, { scope, name }: Hold): Promise<Intent[]> {
  const whose =
    scope === "person"
      ? sql`intents.payload ->> 'did' = ${name}`
      : sql`coalesce(pds_homes.host, intents.payload ->> 'did') = ${name}`;
  const { rows } = await sql<Intent>`
    select intents.id, intents.task, intents.payload, intents.traceparent from intents
    left join pds_homes on pds_homes.did = intents.payload ->> 'did'
    left join pds_records as record on record.id::text = intents.payload ->> 'recordId'
    where intents.state = 'open' and ${whose}
      and (record.id is null or (record.state = 'waiting' and record.awaits is null))
  `.execute(db);
  return rows;
}
