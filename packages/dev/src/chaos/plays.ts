import { z } from "zod";
import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Afterwards, Family } from "./family.js";
import { scrobbleFaults, statusFaults, type KnownPlay, type KnownStatus } from "./play-faults.js";
import type { Tracks } from "./tracks.js";

const started = z.object({ play: z.object({ id: z.uuid(), counted: z.boolean() }) });
const heard = z.object({ scrobble: z.object({ uri: z.string() }).nullable() });
const choice = z.object({ scrobble: z.boolean(), permitted: z.boolean() });

/** Within this the same track is the same play still: as the tracks here are a second long, half a minute. */
const ONE_PLAY = 30_000;

/** People listen to tracks; those who asked for it, sometimes or all the time, have it told to teal. */
export class Plays implements Family {
  readonly #tracks: Tracks;
  readonly #plays: KnownPlay[] = [];
  /** Starts whose answer was lost. */
  readonly #perhaps: Pick<KnownPlay, "did" | "trackId" | "from">[] = [];
  readonly #fans = new Set<string>();
  readonly #statuses = new Map<string, KnownStatus>();
  readonly #surprises: string[] = [];
  readonly #began = Date.now();

  constructor(tracks: Tracks) {
    this.#tracks = tracks;
  }

  /** This person wants it, for a start. Nobody else ever asks for it. @throws when that can't be had */
  async enrol(actor: Actor): Promise<void> {
    this.#fans.add(actor.did);
    await actor.ask("PATCH", "/me/preferences", choice, { scrobble: true });
    await actor.signIn();
  }

  async act(actor: Actor, chance: Chance): Promise<void> {
    const isFan = this.#fans.has(actor.did);
    const what = chance.weighted({ start: 5, hear: 5, choose: isFan ? 1 : 0 });
    if (what === "start") await this.#start(actor, chance);
    else if (what === "hear") await this.#hear(actor, chance);
    else await this.#choose(actor, chance.fraction() < 0.6);
  }

  async #start(actor: Actor, chance: Chance): Promise<void> {
    const track = chance.oneOf(this.#tracks.there);
    if (track === undefined) return;
    const may = await maySay(actor);
    const from = Date.now();
    const times = chance.fraction() < 0.25 ? 2 : 1;
    const path = `/tracks/${String(track.id)}/play`;
    const answers = await Promise.all(Array.from({ length: times }, () => actor.ask("POST", path, started)));
    const to = Date.now();
    // The one that counts first: another is told of the same play.
    const plays = answers.flatMap((told) => (told.kind === "accepted" ? [told.answer.play] : []));
    for (const play of plays.sort((left, right) => Number(right.counted) - Number(left.counted)))
      this.#begun(actor.did, track.id, play, { from, to });
    const lost = answers.filter(({ kind }) => kind === "unknown");
    this.#perhaps.push(...lost.map(() => ({ did: actor.did, trackId: track.id, from })));
    const isNew = plays.some(({ counted }) => counted);
    if (isNew && may === true) this.#statuses.set(actor.did, { says: new Set([track.id]), since: from });
    else if ((isNew || lost.length > 0) && may !== false) this.#maySay(actor.did, track.id, from);
  }

  #begun(
    did: string,
    trackId: number,
    play: { id: string; counted: boolean },
    when: { from: number; to: number },
  ) {
    const earlier = this.#plays.filter((each) => each.did === did && each.trackId === trackId);
    if (!play.counted && earlier.some(({ id }) => id === play.id)) return;
    const isTwice = earlier.some(({ counted, from }) => counted && when.to - from < ONE_PLAY);
    if (play.counted && isTwice)
      this.#surprises.push(`track ${String(trackId)} was counted twice for one play of ${did}`);
    // It may have begun with a start whose answer was lost.
    const from = play.counted ? when.from : this.#began;
    this.#plays.push({ ...play, did, trackId, from, to: when.to, scrobbles: new Set(), perhaps: false });
  }

  #maySay(did: string, what: number | "nothing", since: number): void {
    const earlier = this.#statuses.get(did);
    const says = new Set([...(earlier?.says ?? ["nothing" as const]), what]);
    this.#statuses.set(did, { says, since });
  }

  async #hear(actor: Actor, chance: Chance): Promise<void> {
    const play = chance.oneOf(this.#plays.filter(({ did }) => did === actor.did));
    if (play === undefined) return;
    const told = await actor.ask("POST", `/plays/${play.id}/heard`, heard);
    if (told.kind === "unknown") play.perhaps = true;
    if (told.kind !== "accepted") return;
    play.perhaps = false;
    if (told.answer.scrobble !== null) play.scrobbles.add(told.answer.scrobble.uri);
  }

  async #choose(actor: Actor, scrobble: boolean): Promise<void> {
    const told = await actor.ask("PATCH", "/me/preferences", choice, { scrobble });
    if (told.kind === "refused") return;
    if (!scrobble) {
      if (told.kind === "unknown") this.#maySay(actor.did, "nothing", Date.now());
      else this.#statuses.set(actor.did, { says: new Set(["nothing"]), since: Date.now() });
    } else if (told.kind === "accepted" && !told.answer.permitted) {
      await actor.tryToSignIn();
    }
  }

  async faults({ repositories, actors }: Afterwards): Promise<string[]> {
    return [
      ...this.#surprises,
      ...(await this.#countFaults(actors)),
      ...[...repositories].flatMap(([did, { plays, statuses }]) => {
        const own = this.#plays.filter((play) => play.did === did);
        if (!this.#fans.has(did)) {
          const [first] = [...plays, ...statuses];
          return first === undefined ? [] : [`${first.uri} tells of a play, and ${did} never asked for that`];
        }
        return [
          ...scrobbleFaults(did, own, plays),
          ...statusFaults(did, this.#statuses.get(did), statuses, Date.now()),
        ];
      }),
    ];
  }

  /** How often a track was played, as the page shows it. */
  async #countFaults(actors: readonly Actor[]): Promise<string[]> {
    const [actor] = actors;
    if (actor === undefined) return [];
    const page = z.object({ tracks: z.array(z.object({ id: z.int(), playCount: z.int() })) });
    const told = await actor.ask("GET", "/tracks", page);
    if (told.kind !== "accepted") return ["the tracks can't be listed"];
    return told.answer.tracks.flatMap(({ id, playCount }) => {
      const least = this.#plays.filter(({ trackId, counted }) => trackId === id && counted).length;
      const most = least + this.#perhaps.filter(({ trackId }) => trackId === id).length;
      return playCount >= least && playCount <= most
        ? []
        : [
            `track ${String(id)} was played ${String(playCount)} times, and ${String(least)} to ${String(most)} were counted`,
          ];
    });
  }
}

/** @returns whether what this person plays is told to teal; undefined: nobody knows */
async function maySay(actor: Actor): Promise<boolean | undefined> {
  const told = await actor.ask("GET", "/me/preferences", choice);
  return told.kind === "accepted" ? told.answer.scrobble && told.answer.permitted : undefined;
}
