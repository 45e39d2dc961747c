import { z } from "zod";
import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Family } from "./family.js";
import { trackUris, type Repositories } from "./repositories.js";
import { twice, type Tracks } from "./tracks.js";

/** People like tracks and take it back. */
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
    const liked = chance.fraction() < 0.6;
    const key = keyOf(actor.did, track.id);
    const path = `/tracks/${String(track.id)}/like`;
    const told = await actor.ask(liked ? "POST" : "DELETE", path, z.unknown());
    if (told.kind === "accepted") this.#states.set(key, new Set([liked]));
    else if (told.kind === "unknown") this.#states.set(key, new Set([...this.#stateOf(key), liked]));
  }

  #stateOf(key: string): ReadonlySet<boolean> {
    return this.#states.get(key) ?? new Set([false]);
  }

  faults(repositories: Repositories): string[] {
    const uris = trackUris(repositories);
    const there = new Set(uris.values());
    return [...repositories].flatMap(([did, { likes }]) => {
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
      ];
    });
  }
}

function keyOf(did: string, trackId: number): string {
  return `${did} ${String(trackId)}`;
}
