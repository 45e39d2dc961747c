import { z } from "zod";
import type { Actor } from "./actor.js";
import { unpack } from "./archive.js";
import type { Chance } from "./chance.js";
import type { Afterwards, Family } from "./family.js";
import type { KnownTrack, Tracks } from "./tracks.js";

/** An export that somebody was told of. */
interface KnownExport {
  readonly id: string;
  readonly did: string;
  /** Their tracks when it was accepted. */
  readonly tracks: readonly KnownTrack[];
  fate: "wanted" | "cancelled" | "either";
}

const begun = z.object({ export_id: z.uuid(), status: z.string() });
const listed = z.object({ exports: z.array(begun) });

/** People have their music packed, and think better of it. */
export class Exports implements Family {
  readonly #tracks: Tracks;
  readonly #known: KnownExport[] = [];

  constructor(tracks: Tracks) {
    this.#tracks = tracks;
  }

  async act(actor: Actor, chance: Chance): Promise<void> {
    const last = this.#known.findLast(({ did, fate }) => did === actor.did && fate === "wanted");
    if (last === undefined || chance.fraction() < 0.7) await this.#begin(actor);
    else await this.#cancel(actor, last);
  }

  async #begin(actor: Actor): Promise<void> {
    const own = this.#tracks.of(actor.did);
    const told = await actor.ask("POST", "/exports/media", begun);
    if (told.kind !== "accepted") return;
    const { export_id: id } = told.answer;
    if (this.#known.some((each) => each.id === id)) return;
    // One that was accepted without their hearing of it may have looked already.
    const tracks = told.status === 202 ? own : [];
    this.#known.push({ id, did: actor.did, tracks, fate: "wanted" });
  }

  async #cancel(actor: Actor, wanted: KnownExport): Promise<void> {
    wanted.fate = "either";
    const told = await actor.ask("DELETE", `/exports/${wanted.id}`, z.unknown());
    if (told.kind !== "unknown") wanted.fate = told.kind === "accepted" ? "cancelled" : "wanted";
  }

  async faults({ actors }: Afterwards): Promise<string[]> {
    const each = await Promise.all(actors.map((actor) => this.#faultsOf(actor)));
    return each.flat();
  }

  async #faultsOf(actor: Actor): Promise<string[]> {
    const told = await actor.ask("GET", "/exports", listed);
    if (told.kind !== "accepted") return [`the exports of ${actor.did} can't be listed`];
    const states = new Map(told.answer.exports.map(({ export_id: id, status }) => [id, status]));
    const known = this.#known.filter(({ did }) => did === actor.did);
    // The newest first, 20 at most.
    const recent = states.size < 20 ? known : known.slice(-10);
    const [newest, ...more] = [...states].filter(([, status]) => status === "done").map(([id]) => id);
    return [
      ...recent.flatMap(({ id, fate }) => {
        const status = states.get(id) ?? "removed";
        return POSSIBLE[fate].includes(status) ? [] : [`export ${id} is ${status}, and should be ${fate}`];
      }),
      ...more.map((id) => `export ${id} is kept beside a newer one`),
      ...(newest === undefined ? this.#missing(recent) : await this.#archiveFaults(actor, newest)),
    ];
  }

  #missing(known: readonly KnownExport[]): string[] {
    // One that was thrown away may have been done before, and have taken the place of those before it.
    const last = known.at(-1);
    return last?.fate === "wanted"
      ? [`export ${last.id} is the newest of ${last.did}, and is not there`]
      : [];
  }

  async #archiveFaults(actor: Actor, id: string): Promise<string[]> {
    const { files, tracks, leftOut } = await unpack(await actor.fetch(`/exports/${id}/download`));
    const atFirst = this.#known.find((each) => each.id === id)?.tracks ?? [];
    const living = atFirst.filter(({ fate }) => fate === "there");
    const lacks = living.filter((track) => !tracks.some((each) => each.id === track.id));
    return [
      ...lacks.map(
        (track) =>
          `the archive ${id} lacks track ${String(track.id)}: ${leftOut.get(track.id) ?? "it says nothing"}`,
      ),
      ...tracks.flatMap(({ id: trackId, file }) => {
        const track = this.#tracks.find(trackId);
        const content = files.get(file);
        if (content === undefined) return [`the archive ${id} says that it has ${file}, and has not`];
        if (track === undefined) return [];
        if (track.artist !== actor.did)
          return [`the archive ${id} has track ${String(trackId)} of somebody else`];
        return content.equals(track.sound)
          ? []
          : [`the archive ${id} has something else for track ${String(trackId)}`];
      }),
    ];
  }
}

/** What may have become of it. An earlier one gives way to a newer one. */
const POSSIBLE: Readonly<Record<KnownExport["fate"], readonly string[]>> = {
  wanted: ["done", "expired"],
  cancelled: ["cancelled", "removed"],
  either: ["done", "expired", "cancelled", "removed"],
};
