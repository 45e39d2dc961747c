import { sql, type Kysely } from "kysely";
import type { Schema } from "../database/schema.js";
import { thresholds } from "../fingerprints/alignment.js";
import { FINGERPRINT_KIND, ITEMS_PER_SECOND } from "../fingerprints/chromaprint.js";
import { contentsAfter } from "../fingerprints/contents.js";
import type { Likeness } from "../fingerprints/fingerprint-index.js";
import type { FingerprintThread } from "../fingerprints/fingerprint-thread.js";
import { isOwnName } from "./own-name.js";
import type { Compared, Finding, Match, Scanner, ScanSubject } from "./scanner.js";

/** Contents that are read from the database at a time. */
const BATCH = 200;
/** Below this part of it being audible there is nothing to compare. */
const FEWEST_AUDIBLE = 0.05;

/** A work or a track that a content belongs to. */
interface Owner {
  readonly source: "catalogue" | "track";
  readonly id: number;
  readonly title: string;
  readonly artist: string;
}

/**
 * Compares with the operator's catalogue and with other artists' tracks, by fingerprints. Whatever the thread knows not yet
 * it is told first, so that what another process has added counts from the next scan on.
 */
export class CatalogueScanner implements Scanner {
  readonly #db: Kysely<Schema>;
  readonly #thread: FingerprintThread;

  constructor({ db, thread }: { db: Kysely<Schema>; thread: FingerprintThread }) {
    this.#db = db;
    this.#thread = thread;
  }

  async scan(subject: ScanSubject, signal: AbortSignal): Promise<Finding> {
    await this.#learn(signal);
    const compared = await this.#compared(subject.artistDid);
    const { content } = subject;
    const same = await this.#owners(content.id, subject.artistDid);
    const copies = same.map((owner) => toMatch(owner, wholeOf(content.seconds), 0, subject.names));
    const except = [content.id, ...(await this.#onlyTheirs(subject.artistDid))];
    const likenesses = await this.#thread.search(content.fingerprint, except);
    const matches = [...copies];
    for (const likeness of likenesses) {
      const owners = await this.#owners(likeness.content, subject.artistDid);
      matches.push(...owners.map((owner) => likenessOf(likeness, owner, subject.names)));
    }
    const sorted = matches.sort(
      (left, right) => Number(right.same) - Number(left.same) || length(right) - length(left),
    );
    return { ...conclude(sorted, content), matches: sorted, compared, response: null };
  }

  async #learn(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const contents = await contentsAfter(this.#db, this.#thread.newest, BATCH);
      if (contents.length === 0) return;
      await this.#thread.add(contents);
    }
  }

  /** Contents that nobody but this artist has: however many they are, they must not crowd out what others have. */
  async #onlyTheirs(artistDid: string): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      select distinct content_id as id from copyright_scans mine
      where artist_did = ${artistDid} and content_id is not null
        and not exists (select from catalogue where catalogue.content_id = mine.content_id)
        and not exists (
          select from copyright_scans other
          where other.content_id = mine.content_id and other.artist_did <> mine.artist_did and other.track_id is not null
        )
    `.execute(this.#db);
    return rows.map(({ id }) => id);
  }

  /** Whose a content is, other than this artist's. */
  async #owners(contentId: number, artistDid: string): Promise<Owner[]> {
    const works = await this.#db
      .selectFrom("catalogue")
      .select(["id", "title", "artist"])
      .where("content_id", "=", contentId)
      .execute();
    const tracks = await this.#db
      .selectFrom("copyright_scans as scan")
      .innerJoin("tracks", "tracks.id", "scan.track_id")
      .innerJoin("people", "people.did", "tracks.artist_did")
      .select(["tracks.id", "tracks.title"])
      .select(sql<string>`coalesce(people.display_name, people.handle)`.as("artist"))
      .where("scan.content_id", "=", contentId)
      .where("tracks.artist_did", "<>", artistDid)
      .where("tracks.deleted_at", "is", null)
      .orderBy("tracks.id")
      .execute();
    return [
      ...works.map((work) => ({ source: "catalogue" as const, ...work })),
      ...tracks.map((track) => ({ source: "track" as const, ...track })),
    ];
  }

  async #compared(artistDid: string): Promise<Compared> {
    const { rows } = await sql<{ catalogue: number; tracks: number }>`
      select
        (select count(*)::int from catalogue) as catalogue,
        (select count(*)::int from copyright_scans scan join tracks on tracks.id = scan.track_id
          where scan.content_id is not null and tracks.artist_did <> ${artistDid}
            and tracks.deleted_at is null) as tracks
    `.execute(this.#db);
    const { catalogue, tracks } = rows[0] ?? { catalogue: null, tracks: null };
    return { scanner: "built in", version: FINGERPRINT_KIND, catalogue, tracks };
  }
}

function conclude(
  matches: readonly Match[],
  content: { seconds: number; audible: number },
): Pick<Finding, "state" | "reason"> {
  const taken = matches.find(({ same, ownName }) => same && !ownName);
  if (taken !== undefined) return { state: "flagged", reason: `${named(taken)} is in it.` };
  const own = matches.find(({ same }) => same);
  if (own !== undefined)
    return { state: "review", reason: `${named(own)} is in it, which may be the uploader's own.` };
  const [near] = matches;
  if (near !== undefined) return { state: "review", reason: `It is much like ${named(near)}.` };
  if (content.audible < FEWEST_AUDIBLE)
    return { state: "review", reason: "There is hardly anything to hear in it that could be compared." };
  if (content.seconds < thresholds.seconds) {
    const seconds = String(thresholds.seconds);
    return {
      state: "clear",
      reason: `Shorter than ${seconds} s: only a copy of the same file would be found.`,
    };
  }
  return { state: "clear", reason: null };
}

function named({ title, artist }: Match): string {
  return `“${title}” by ${artist}`;
}

function likenessOf({ stretches }: Likeness, owner: Owner, names: readonly string[]): Match {
  // What is only near adds nothing to what is the same.
  const alike = stretches.some(({ same }) => same) ? stretches.filter(({ same }) => same) : stretches;
  const errorRate = Math.min(...alike.map((stretch) => stretch.errorRate));
  const inSeconds = alike.map(({ at, from, length: items }) => ({
    at: toSeconds(at),
    from: toSeconds(from),
    length: toSeconds(items),
  }));
  return { ...toMatch(owner, inSeconds, errorRate, names), same: alike.some(({ same }) => same) };
}

function toMatch(
  owner: Owner,
  stretches: Match["stretches"],
  errorRate: number,
  names: readonly string[],
): Match {
  return { ...owner, ownName: isOwnName(owner.artist, names), same: true, stretches, errorRate };
}

function wholeOf(seconds: number): Match["stretches"] {
  return [{ at: 0, from: 0, length: toTenths(seconds) }];
}

function length({ stretches }: Match): number {
  return stretches.reduce((sum, stretch) => sum + stretch.length, 0);
}

function toSeconds(items: number): number {
  return toTenths(items / ITEMS_PER_SECOND);
}

function toTenths(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
