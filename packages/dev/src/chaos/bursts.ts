import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Comments } from "./comments.js";
import type { Family } from "./family.js";
import type { Likes } from "./likes.js";

/** One after the other: some think better of it at once. */
const ROUNDS = 2;

/** Much at once by one person, so that it is written together. What they are told is kept by the families themselves. */
export class Bursts implements Family {
  readonly #likes: Likes;
  readonly #comments: Comments;

  constructor(likes: Likes, comments: Comments) {
    this.#likes = likes;
    this.#comments = comments;
  }

  async act(actor: Actor, chance: Chance): Promise<void> {
    if (chance.fraction() < 0.3) return this.#comments.addMany(actor, chance);
    for (let rounds = 0; rounds < ROUNDS; rounds += 1) await this.#likes.actOnAll(actor, chance);
  }

  faults(): string[] {
    return [];
  }
}
