import type { Repository } from "./repositories.js";
import { twice } from "./tracks.js";

/** An album that somebody was told of. */
export interface KnownAlbum {
  readonly id: number;
  readonly did: string;
  /** What it may be called. */
  titles: ReadonlySet<string>;
  /** The tracks' ids in what may be their order, each as in `1,2`. */
  orders: ReadonlySet<string>;
  fate: "there" | "gone" | "either";
}

/** Where a person's albums on their PDS are not as they were told. @param perhaps titles of albums that may be there */
export function albumFaults(
  known: readonly KnownAlbum[],
  perhaps: ReadonlySet<string>,
  { lists, tracks }: Repository,
): string[] {
  const albums = lists.filter(({ value }) => value.listType === "album");
  const cids = new Map(tracks.map(({ uri, cid }) => [uri, cid]));
  const uris = new Map(tracks.map(({ trackId, uri }) => [trackId, uri]));
  const strangers = albums.filter(({ value }) => known.every(({ titles }) => !titles.has(value.name)));
  return [
    ...known.flatMap((album) => knownFaults(album, albums, uris)),
    ...strangers
      .filter(({ value }) => !perhaps.has(value.name) || value.items.length > 0)
      .map(({ uri, value }) => `${uri} is an album that nobody was told of (${value.name})`),
    ...twice(strangers.map(({ value }) => value.name)).map((name) => `${name} is on the PDS twice`),
    ...albums.flatMap(({ uri, value }) =>
      value.items
        .filter(({ subject }) => cids.get(subject.uri) !== subject.cid)
        .map(({ subject }) => `${uri} refers to ${subject.uri} as it is not (any more)`),
    ),
  ];
}

function knownFaults(
  { id, titles, orders, fate }: KnownAlbum,
  albums: Repository["lists"],
  uris: ReadonlyMap<number, string>,
): string[] {
  const name = `album ${String(id)} (${[...titles].join(" or ")})`;
  const records = albums.filter(({ value }) => titles.has(value.name));
  if (records.length > 1) return [`${name} has ${String(records.length)} records`];
  const [record] = records;
  if (record === undefined) return fate === "there" ? [`${name} is not on its owner's PDS`] : [];
  if (fate === "gone") return [`${name} was deleted and is still on its owner's PDS`];
  const items = record.value.items.map(({ subject }) => subject.uri).join();
  // A track that is gone has left it.
  const wanted = [...orders].map((order) =>
    read(order)
      .flatMap((trackId) => uris.get(trackId) ?? [])
      .join(),
  );
  return wanted.includes(items)
    ? []
    : [`${name} holds ${items || "nothing"}, and should hold ${wanted.join(" or ")}`];
}

/** The record of a track names the album that it is on, and no other. */
export function namingFaults({ lists, tracks }: Repository): string[] {
  return tracks.flatMap(({ uri, value }) => {
    const on = lists.filter(
      (list) =>
        list.value.listType === "album" && list.value.items.some(({ subject }) => subject.uri === uri),
    );
    const names = on.map((list) => list.value.name).join(" and ");
    return names === (value.album ?? "")
      ? []
      : [`${uri} names ${value.album ?? "no album"}, and is on ${names || "none"}`];
  });
}

/** The ids in an order. */
export function read(order: string): number[] {
  return order === "" ? [] : order.split(",").map(Number);
}
