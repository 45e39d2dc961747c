import { z } from "zod";
import { wav } from "../seed/wav.js";
import type { Actor } from "./actor.js";
import type { Chance } from "./chance.js";
import type { Afterwards, Family } from "./family.js";

/** A track that somebody was told of. */
export interface KnownTrack {
  readonly id: number;
  readonly artist: string;
  /** The file that they uploaded. */
  readonly sound: Uint8Array;
  /** What it may be called: more than one when an answer was lost. */
  titles: ReadonlySet<string>;
  fate: "there" | "gone" | "either";
}

const uploaded = z.object({ track: z.object({ id: z.int() }) });
const RATE = 8_000;
/** A second each, so that a track has been heard at once, and its scan costs next to nothing. */
const SOUNDS = [3, 5, 7, 11].map((slow) =>
  wav(
    Float64Array.from({ length: RATE }, (_, at) => 0.5 * Math.sin(at / slow)),
    RATE,
  ),
);

/** People upload tracks, rename and delete their own. */
export class Tracks implements Family {
  readonly #known: KnownTrack[] = [];
  /** Titles of uploads whose answer was lost, by artist. */
  readonly #perhaps = new Map<string, Set<string>>();
  #named = 0;

  /** Those that are there as far as anybody knows. */
  get there(): readonly KnownTrack[] {
    return this.#known.filter(({ fate }) => fate === "there");
  }

  of(did: string): readonly KnownTrack[] {
    return this.there.filter(({ artist }) => artist === did);
  }

  find(id: number): KnownTrack | undefined {
    return this.#known.find((track) => track.id === id);
  }

  /** Their artist leaves: from here on others may be refused. */
  leave(did: string, fate: "gone" | "either"): void {
    for (const track of this.#known) if (track.artist === did) track.fate = fate;
  }

  async act(actor: Actor, chance: Chance): Promise<void> {
    const own = chance.oneOf(this.of(actor.did));
    const what = chance.weighted({ upload: 3, rename: 4, delete: 1 });
    if (what === "upload" || own === undefined) await this.upload(actor);
    else if (what === "rename") await this.#rename(actor, own);
    else await this.#delete(actor, own);
  }

  async upload(actor: Actor): Promise<void> {
    const title = this.#newTitle();
    const form = new FormData();
    const sound = SOUNDS[this.#named % SOUNDS.length] ?? new Uint8Array();
    form.set("title", title);
    form.set("file", new Blob([sound]), "sound.wav");
    const told = await actor.ask("POST", "/tracks/", uploaded, form);
    if (told.kind === "accepted") {
      const { id } = told.answer.track;
      this.#known.push({ id, artist: actor.did, sound, titles: new Set([title]), fate: "there" });
    } else if (told.kind === "unknown") {
      this.#perhaps.set(actor.did, (this.#perhaps.get(actor.did) ?? new Set()).add(title));
    }
  }

  async #rename(actor: Actor, track: KnownTrack): Promise<void> {
    const title = this.#newTitle();
    const told = await actor.ask("PATCH", path(track), z.unknown(), { title });
    if (told.kind === "accepted") track.titles = new Set([title]);
    else if (told.kind === "unknown") track.titles = new Set([...track.titles, title]);
  }

  async #delete(actor: Actor, track: KnownTrack): Promise<void> {
    // From here on others may be refused.
    track.fate = "either";
    const told = await actor.ask("DELETE", path(track), z.unknown());
    if (told.kind !== "unknown") track.fate = told.kind === "accepted" ? "gone" : "there";
  }

  #newTitle(): string {
    this.#named += 1;
    return `Title ${String(this.#named)}`;
  }

  faults({ repositories }: Afterwards): string[] {
    return [...repositories].flatMap(([did, { tracks }]) => {
      const known = this.#known.filter(({ artist }) => artist === did);
      const strangers = tracks.filter(({ trackId }) => known.every(({ id }) => id !== trackId));
      return [
        ...known.flatMap((track) => knownFaults(track, tracks)),
        ...strangers.flatMap(({ uri, value }) =>
          this.#perhaps.get(did)?.has(value.title) === true
            ? []
            : [`${uri} is a track that nobody was told of (${value.title})`],
        ),
        ...twice(strangers.map(({ value }) => value.title)).map((title) => `${title} was published twice`),
      ];
    });
  }
}

function knownFaults(
  { id, titles, fate }: KnownTrack,
  tracks: readonly { trackId: number; value: { title: string } }[],
): string[] {
  const records = tracks.filter(({ trackId }) => trackId === id);
  const name = `track ${String(id)}`;
  if (records.length > 1) return [`${name} has ${String(records.length)} records`];
  const [record] = records;
  if (record === undefined) return fate === "there" ? [`${name} is not on its artist's PDS`] : [];
  if (fate === "gone") return [`${name} was deleted and is still on its artist's PDS`];
  return titles.has(record.value.title)
    ? []
    : [`${name} is called ${record.value.title}, and should be ${[...titles].join(" or ")}`];
}

function path({ id }: KnownTrack): string {
  return `/tracks/${String(id)}`;
}

/** What is there more than once. */
export function twice(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, at) => values.indexOf(value) !== at))];
}
