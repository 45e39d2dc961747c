import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { RecordState, Schema } from "../database/schema.js";
import type { RepositoryReader, RepositoryRecord } from "./repository.js";

/** A record of ours, as the database knew it before the repository was read. */
export interface OwnRecord {
  readonly id: string;
  readonly did: string;
  readonly collection: string;
  readonly rkey: string;
  /** False: it is to be gone. */
  readonly wished: boolean;
  /** Which wish that was. */
  readonly version: number;
  readonly confirmedCid: string | null;
  readonly state: RecordState;
}

/** What a repository holds, against what we wished it to hold. */
export type Difference =
  | { readonly kind: "as wished"; readonly own: OwnRecord }
  /** Not confirmed, or not for good: nothing can be said. */
  | { readonly kind: "unsettled"; readonly own: OwnRecord }
  /** It was confirmed, and is gone: its owner took it away. */
  | { readonly kind: "gone"; readonly own: OwnRecord }
  /** It says something else than what was confirmed. */
  | { readonly kind: "changed"; readonly own: OwnRecord; readonly record: RepositoryRecord }
  /** We made it, and it was confirmed to be gone: a write that had been cut off came late. */
  | { readonly kind: "orphan"; readonly own: OwnRecord; readonly record: RepositoryRecord }
  /** We didn't make it. */
  | { readonly kind: "foreign"; readonly record: RepositoryRecord };

export interface CompareParts {
  readonly db: Kysely<Schema>;
  readonly reader: RepositoryReader;
  /** For how long a write that was cut off may still take effect at the PDS; milliseconds. */
  readonly settle: number;
}

/** The collections in which we have ever made records for this person that nobody else writes. */
export async function ownCollections(db: Kysely<Schema>, did: string): Promise<string[]> {
  const rows = await db
    .selectFrom("pds_records")
    .select("collection")
    .distinct()
    .where("did", "=", did)
    .where("shared", "=", false)
    .execute();
  return rows.map(({ collection }) => collection);
}

/**
 * Reads a person's repository once and tells, record by record, how it differs from what we know. Memory holds our own rows
 * of one collection, and a page of the repository.
 *
 * The rows are read before the repository: what is accepted, written or taken away in between shows as a difference. So
 * whoever acts on one checks first that the row's version still is the same, and where it is `gone`, reads that record again.
 *
 * @throws as `RepositoryReader` does
 */
export async function* compareRepository(
  { db, reader, settle }: CompareParts,
  did: string,
  collections: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Difference> {
  for (const collection of new Set(collections)) {
    const rows = await ownRows(db, did, collection, settle);
    for await (const record of reader.readRepository(did, [collection], signal)) {
      const row = rows.get(record.rkey);
      if (row === undefined) yield { kind: "foreign", record };
      else {
        rows.delete(record.rkey);
        yield judge(row, record);
      }
    }
    for (const row of rows.values()) yield judge(row, null);
  }
}

function judge({ own, settled }: Row, record: RepositoryRecord | null): Difference {
  if (!settled) return { kind: "unsettled", own };
  if (!own.wished) return record === null ? { kind: "as wished", own } : { kind: "orphan", own, record };
  if (record === null) return { kind: "gone", own };
  return record.cid === own.confirmedCid ? { kind: "as wished", own } : { kind: "changed", own, record };
}

interface Row {
  readonly own: OwnRecord;
  readonly settled: boolean;
}

async function ownRows(
  db: Kysely<Schema>,
  did: string,
  collection: string,
  settle: number,
): Promise<Map<string, Row>> {
  const rows = await db
    .selectFrom("pds_records")
    .select(["id", "did", "collection", "rkey", "wish_version as version", "state"])
    .select("confirmed_cid as confirmedCid")
    .select(sql<boolean>`wish is not null`.as("wished"))
    .select(
      sql<boolean>`confirmed_version = wish_version
        and coalesce(sent_at < now() - ${settle}::float8 * interval '1 millisecond', true)`.as("settled"),
    )
    .where("did", "=", did)
    .where("collection", "=", collection)
    .execute();
  return new Map(rows.map(({ settled, ...own }) => [own.rkey, { own, settled }]));
}
