import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Visitor } from "../sign-in/visitor.js";
import type { Actor } from "./actor.js";
import type { Parts } from "./parts.js";
import type { Repositories } from "./repositories.js";
import type { Rows } from "./rows.js";
import type { Tracks } from "./tracks.js";

const TRIES = 100;
const BETWEEN = 300;

/** Somebody has their account deleted, records and all. */
export class Departure {
  readonly #actor: Actor;
  readonly #tracks: Tracks;
  readonly #surprises: string[] = [];

  constructor(actor: Actor, tracks: Tracks) {
    this.#actor = actor;
    this.#tracks = tracks;
  }

  /** Asks for it until they are signed out, which says that it has begun. */
  async begin(): Promise<void> {
    const { did, account } = this.#actor;
    this.#actor.does("departure");
    this.#tracks.leave(did, "either");
    for (let tries = 0; tries < TRIES; tries += 1) {
      const wish = { confirm: account.handle, records: "remove" };
      const told = await this.#actor.ask("DELETE", "/me", z.unknown(), wish);
      if (told.kind === "accepted" || (told.kind === "refused" && told.status === 401)) {
        this.#tracks.leave(did, "gone");
        return;
      }
      await pause(BETWEEN);
    }
    this.#surprises.push(`${did} could not have their account deleted`);
  }

  /** Signs in once more if their PDS wants that for what is left to do. */
  async seeTo({ api }: Parts, rows: Rows): Promise<void> {
    const parked = await rows.select(
      z.unknown(),
      `select departures.did from departures join pds_records on pds_records.did = departures.did
       where departures.did = $1 and state = 'needs-sign-in'`,
      [this.#actor.did],
    );
    if (parked.length > 0) await new Visitor(api.url).signIn(this.#actor.account);
  }

  /** What is left of them. */
  async faults(repositories: Repositories, rows: Rows): Promise<string[]> {
    const { did } = this.#actor;
    const left = repositories.get(did)?.all ?? [];
    return [
      ...this.#surprises,
      ...left.map((uri) => `${uri} is there, and its owner has left`),
      ...(await tablesWith(rows, did)).map((table) => `${table} still knows ${did}, who has left`),
    ];
  }
}

/** The tables that hold a word anywhere. */
async function tablesWith(rows: Rows, word: string): Promise<string[]> {
  const tables = await rows.select(
    z.object({ name: z.string() }),
    "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const hits = await rows.select(
      z.unknown(),
      `select 1 from ${name} as searched where position($1 in searched::text) > 0 limit 1`,
      [word],
    );
    if (hits.length > 0) found.push(name);
  }
  return found;
}
