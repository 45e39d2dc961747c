import { z } from "zod";
import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Afterwards, Family } from "./family.js";
import { trackUris, type Repository } from "./repositories.js";
import type { Tracks } from "./tracks.js";

/** A comment that somebody was told of, or (id null) whose acceptance they never heard of. */
interface KnownComment {
  readonly id: number | null;
  readonly did: string;
  readonly trackId: number;
  /** Everything that it has ever been asked to say. */
  readonly words: string[];
  /** What it may say now. */
  texts: ReadonlySet<string>;
  fate: "there" | "gone" | "either";
}

const accepted = z.object({ comment: z.object({ id: z.int() }) });

/** More than a batch begins with. */
const MANY = 14;

/** People say something about tracks, think better of it, and take it back. */
export class Comments implements Family {
  readonly #tracks: Tracks;
  readonly #known: KnownComment[] = [];
  #said = 0;

  constructor(tracks: Tracks) {
    this.#tracks = tracks;
  }

  async act(actor: Actor, chance: Chance): Promise<void> {
    const own = chance.oneOf(
      this.#known.filter(({ id, did, fate }) => id !== null && did === actor.did && fate === "there"),
    );
    const what = chance.weighted({ add: 4, edit: 4, remove: 2 });
    if (what === "add" || own === undefined) await this.#add(actor, chance);
    else if (what === "edit") await this.#edit(actor, own);
    else await this.#remove(actor, own);
  }

  /** Many at once. */
  async addMany(actor: Actor, chance: Chance): Promise<void> {
    await Promise.all(Array.from({ length: MANY }, () => this.#add(actor, chance)));
  }

  async #add(actor: Actor, chance: Chance): Promise<void> {
    const track = chance.oneOf(this.#tracks.there);
    if (track === undefined) return;
    const text = this.#newText();
    const path = `/tracks/${String(track.id)}/comments`;
    const told = await actor.ask("POST", path, accepted, { text, timestamp_ms: chance.between(0, 900) });
    if (told.kind === "refused") return;
    this.#known.push({
      id: told.kind === "accepted" ? told.answer.comment.id : null,
      did: actor.did,
      trackId: track.id,
      words: [text],
      texts: new Set([text]),
      fate: told.kind === "accepted" ? "there" : "either",
    });
  }

  async #edit(actor: Actor, comment: KnownComment): Promise<void> {
    const text = this.#newText();
    comment.words.push(text);
    const told = await actor.ask("PATCH", path(comment), z.unknown(), { text });
    if (told.kind === "accepted") comment.texts = new Set([text]);
    else if (told.kind === "unknown") comment.texts = new Set([...comment.texts, text]);
    // Its track is gone by now, and it with it.
    else if (told.status === 404) comment.fate = "either";
  }

  async #remove(actor: Actor, comment: KnownComment): Promise<void> {
    const told = await actor.ask("DELETE", path(comment), z.unknown());
    if (told.kind === "accepted") comment.fate = "gone";
    else if (told.kind === "unknown" || told.status === 404) comment.fate = "either";
  }

  #newText(): string {
    this.#said += 1;
    return `Words ${String(this.#said)}`;
  }

  faults({ repositories }: Afterwards): string[] {
    const uris = trackUris(repositories);
    const there = new Set(uris.values());
    return [...repositories].flatMap(([did, { comments }]) => {
      const known = this.#known.filter((comment) => comment.did === did);
      const words = new Set(known.flatMap((comment) => comment.words));
      return [
        ...comments.flatMap(({ uri, value }) =>
          words.has(value.text) ? [] : [`${uri} is a comment that nobody made (${value.text})`],
        ),
        ...comments
          .filter(({ value }) => !there.has(value.subject.uri))
          .map(({ uri }) => `${uri} is a comment on a track that is gone`),
        ...known.flatMap((comment) => knownFaults(comment, comments, uris.has(comment.trackId))),
      ];
    });
  }
}

function knownFaults(
  { id, did, words, texts, fate, trackId }: KnownComment,
  comments: Repository["comments"],
  hasTrack: boolean,
): string[] {
  const name = `comment ${String(id ?? words[0])} of ${did} on track ${String(trackId)}`;
  const records = comments.filter(({ value }) => words.includes(value.text));
  if (records.length > 1) return [`${name} has ${String(records.length)} records`];
  const [record] = records;
  if (record === undefined) return fate === "there" && hasTrack ? [`${name} is not on the PDS`] : [];
  if (fate === "gone") return [`${name} was removed and is still on the PDS`];
  return texts.has(record.value.text)
    ? []
    : [`${name} says ${record.value.text}, and should say ${[...texts].join(" or ")}`];
}

function path({ id }: KnownComment): string {
  return `/tracks/comments/${String(id)}`;
}
