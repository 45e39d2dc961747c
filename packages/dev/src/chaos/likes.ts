import { z } from "zod";
import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Afterwards, Family } from "./family.js";
import { trackUris, type Repository } from "./repositories.js";
import { twice, type KnownTrack, type Tracks } from "./tracks.js";

/** People like tracks and take it back, and their list of what they like follows. */
export class Likes implements Family {
  readonly #tracks: Tracks;
  /** Whether a person likes a track, by both: more than one answer when one was lost. */
  readonly #states = new Map<string, ReadonlySet<boolean>>();

  constructor(tracks: Tracks) {
    this.#tracks = tracks;
  }

  async act(actor: Actor, chance: Chance): Promise<void> {
    const track = chance.oneOf(this.#tracks.there);
    if (track === undefined) return;
    await this.#say(actor, track, chance.fraction() < 0.6);
  }

  /** Every track that is there, at once. */
  async actOnAll(actor: Actor, chance: Chance): Promise<void> {
    const liked = chance.fraction() < 0.6;
    await Promise.all(this.#tracks.there.map((track) => this.#say(actor, track, liked)));
  }

  async #say(actor: Actor, track: KnownTrack, liked: boolean): Promise<void> {
    const key = keyOf(actor.did, track.id);
    const path = `/tracks/${String(track.id)}/like`;
    const told = await actor.ask(liked ? "POST" : "DELETE", path, z.unknown());
    if (told.kind === "accepted") this.#states.set(key, new Set([liked]));
    else if (told.kind === "unknown") this.#states.set(key, new Set([...this.#stateOf(key), liked]));
  }

  #stateOf(key: string): ReadonlySet<boolean> {
    return this.#states.get(key) ?? new Set([false]);
  }

  faults({ repositories }: Afterwards): string[] {
    const uris = trackUris(repositories);
    const there = new Set(uris.values());
    return [...repositories].flatMap(([did, repository]) => {
      const { likes } = repository;
      const subjects = likes.map(({ value }) => value.subject.uri);
      return [
        ...twice(subjects).map((subject) => `${did} has two likes of ${subject}`),
        ...likes
          .filter(({ value }) => !there.has(value.subject.uri))
          .map(({ uri }) => `${uri} is a like of a track that is gone`),
        ...[...uris].flatMap(([id, uri]) => {
          const liked = subjects.includes(uri);
          if (this.#stateOf(keyOf(did, id)).has(liked)) return [];
          return [`${did} ${liked ? "has a like" : "lacks the like"} of track ${String(id)} (${uri})`];
        }),
        ...likedListFaults(did, repository),
      ];
    });
  }
}

function likedListFaults(did: string, { likes, lists }: Repository): string[] {
  const liked = lists.filter(({ value }) => value.listType === "liked");
  if (liked.length > 1) return [`${did} has ${String(liked.length)} lists of what they like`];
  const [list] = liked;
  if (list === undefined) return likes.length === 0 ? [] : [`${did} has no list of what they like`];
  const listed = list.value.items.map(({ subject }) => `${subject.uri} ${subject.cid}`).sort();
  const wanted = likes.map(({ value }) => `${value.subject.uri} ${value.subject.cid}`).sort();
  return listed.join() === wanted.join()
    ? []
    : [`the list of what ${did} likes holds ${listed.join(", ")}, and should hold ${wanted.join(", ")}`];
}

function keyOf(did: string, trackId: number): string {
  return `${did} ${String(trackId)}`;
}
