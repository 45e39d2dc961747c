import { setTimeout as pause } from "node:timers/promises";
import type { Actor } from "./actor.js";
import { Albums } from "./albums.js";
import { Bursts } from "./bursts.js";
import type { Chance } from "./chance.js";
import { Comments } from "./comments.js";
import { Exports } from "./exports.js";
import type { Family } from "./family.js";
import { Likes } from "./likes.js";
import { Plays } from "./plays.js";
import { Tracks } from "./tracks.js";
import { Visits } from "./visits.js";

/** How often people do what. */
export const HABITS = {
  likes: 8,
  comments: 7,
  tracks: 3,
  albums: 6,
  plays: 6,
  exports: 2,
  visits: 1,
  bursts: 3,
} as const;
type Habit = keyof typeof HABITS;

/** Where the service is slow to come back, people go on until they have been told this often that it is accepted. */
const ENOUGH = 20;
/** What people can do here, and what must then be. */
export function familiesOf() {
  const tracks = new Tracks();
  const likes = new Likes(tracks);
  const comments = new Comments(tracks);
  return {
    ...{ tracks, likes, comments },
    albums: new Albums(tracks),
    plays: new Plays(tracks),
    exports: new Exports(tracks),
    visits: new Visits(),
    bursts: new Bursts(likes, comments),
  };
}

/**
 * One person, who does one thing after the other.
 *
 * @param length milliseconds; up to three times that, where the service takes in little
 */
export async function live(
  actor: Actor,
  families: Readonly<Record<Habit, Family>>,
  chance: Chance,
  length: number,
  habits: Readonly<Record<Habit, number>>,
): Promise<void> {
  const ends = performance.now() + length;
  const latest = ends + 2 * length;
  const { accepted } = actor.tally;
  const isEnough = (): boolean => actor.tally.accepted - accepted >= ENOUGH;
  for (let now = 0; now < ends || (!isEnough() && now < latest); now = performance.now()) {
    // Who may be signed out gets in again first: what they did would not be theirs.
    const family = actor.isIn ? chance.weighted(habits) : "visits";
    const { unheard } = actor.tally;
    actor.does(family);
    if (actor.isIn) await families[family].act(actor, chance);
    else if (!(await actor.tryToSignIn())) await pause(500);
    // As long as nobody listens, people try less often.
    await pause(actor.tally.unheard === unheard ? chance.between(5, 150) : 500);
  }
}
