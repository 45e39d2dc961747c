import { z } from "zod";
import type { Actor, Told } from "./actor.js";
import { albumFaults, namingFaults, read, type KnownAlbum } from "./album-faults.js";
import type { Chance } from "./chance.js";
import type { Afterwards, Family } from "./family.js";
import type { Tracks } from "./tracks.js";

const answered = z.object({
  album: z.object({ id: z.int(), tracks: z.array(z.object({ id: z.int() })) }),
});

/** People make albums, put their tracks on them and take them off, give them an order, rename and delete them. */
export class Albums implements Family {
  readonly #tracks: Tracks;
  readonly #known: KnownAlbum[] = [];
  /** Titles of albums whose acceptance nobody heard of, by owner. */
  readonly #perhaps = new Map<string, Set<string>>();
  #named = 0;

  constructor(tracks: Tracks) {
    this.#tracks = tracks;
  }

  async act(actor: Actor, chance: Chance): Promise<void> {
    const own = this.#known.filter(({ did, fate }) => did === actor.did && fate === "there");
    const album = chance.oneOf(own);
    const most = own.length < 3 ? 2 : 0;
    const what = chance.weighted({ create: most, put: 6, takeOff: 2, order: 4, rename: 1, delete: 1 });
    if (what === "create" || album === undefined) await this.#create(actor);
    else if (what === "put") await this.#put(actor, album, chance);
    else if (what === "takeOff") await this.#takeOff(actor, album, chance);
    else if (what === "order") await this.#order(actor, album, chance);
    else if (what === "rename") await this.#rename(actor, album);
    else await this.#delete(actor, album);
  }

  async #create(actor: Actor): Promise<void> {
    const title = this.#newTitle();
    const told = await actor.ask("POST", "/albums/", answered, { title });
    if (told.kind === "accepted") {
      const { id } = told.answer.album;
      const album = { id, did: actor.did, titles: new Set([title]), orders: new Set([""]) };
      this.#known.push({ ...album, fate: "there" });
    } else if (told.kind === "unknown") {
      this.#perhaps.set(actor.did, (this.#perhaps.get(actor.did) ?? new Set()).add(title));
    }
  }

  async #put(actor: Actor, album: KnownAlbum, chance: Chance): Promise<void> {
    const track = chance.oneOf(this.#tracks.of(actor.did));
    if (track === undefined) return;
    await this.#change(
      album,
      (order) => (order.includes(track.id) ? order : [...order, track.id]),
      () => actor.ask("POST", `${path(album)}/tracks`, answered, { track_id: track.id }),
    );
  }

  async #takeOff(actor: Actor, album: KnownAlbum, chance: Chance): Promise<void> {
    const trackId = chance.oneOf(someOrder(album));
    if (trackId === undefined) return;
    await this.#change(
      album,
      (order) => order.filter((id) => id !== trackId),
      () => actor.ask("DELETE", `${path(album)}/tracks/${String(trackId)}`, answered),
    );
  }

  async #order(actor: Actor, album: KnownAlbum, chance: Chance): Promise<void> {
    const given = shuffled(someOrder(album), chance);
    await this.#change(
      album,
      (order) => [...given.filter((id) => order.includes(id)), ...order.filter((id) => !given.includes(id))],
      () => actor.ask("POST", `${path(album)}/finalize`, answered, { track_ids: given }),
    );
  }

  async #rename(actor: Actor, album: KnownAlbum): Promise<void> {
    const title = this.#newTitle();
    const told = await actor.ask("PATCH", path(album), answered, { title });
    if (told.kind === "accepted") album.titles = new Set([title]);
    else if (told.kind === "unknown") album.titles = new Set([...album.titles, title]);
  }

  async #delete(actor: Actor, album: KnownAlbum): Promise<void> {
    album.fate = "either";
    const told = await actor.ask("DELETE", path(album), z.unknown());
    if (told.kind !== "unknown") album.fate = told.kind === "accepted" ? "gone" : "there";
  }

  /** @param apply what the change makes of an order */
  async #change(
    album: KnownAlbum,
    apply: (order: number[]) => number[],
    ask: () => Promise<Told<z.infer<typeof answered>>>,
  ): Promise<void> {
    const told = await ask();
    if (told.kind === "accepted") {
      album.orders = new Set([written(told.answer.album.tracks.map(({ id }) => id))]);
    } else if (told.kind === "unknown") {
      const changed = [...album.orders].map((order) => written(apply(read(order))));
      album.orders = new Set([...album.orders, ...changed]);
    }
  }

  #newTitle(): string {
    this.#named += 1;
    return `Album ${String(this.#named)}`;
  }

  faults({ repositories }: Afterwards): string[] {
    return [...repositories].flatMap(([did, repository]) => [
      ...albumFaults(
        this.#known.filter((album) => album.did === did),
        this.#perhaps.get(did) ?? new Set(),
        repository,
      ),
      ...namingFaults(repository),
    ]);
  }
}

function path({ id }: KnownAlbum): string {
  return `/albums/${String(id)}`;
}

function written(order: readonly number[]): string {
  return order.join();
}

function someOrder({ orders }: KnownAlbum): number[] {
  const [order = ""] = orders;
  return read(order);
}

function shuffled(order: readonly number[], chance: Chance): number[] {
  return order
    .map((id) => ({ id, place: chance.fraction() }))
    .sort((left, right) => left.place - right.place)
    .map(({ id }) => id);
}
