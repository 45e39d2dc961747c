import * as z from "zod/mini";
import { Write } from "./answers.js";

const album = {
  id: z.int(),
  title: z.string(),
  description: z.nullable(z.string()),
  artist: z.object({ did: z.string(), handle: z.string(), displayName: z.nullable(z.string()) }),
  uri: z.string(),
  trackCount: z.int().check(z.nonnegative()),
  /** It was deleted, and its record is on its way out. */
  removed: z.boolean(),
  /** Null when it is somebody else's. */
  write: z.nullable(Write),
};
const ListedAlbum = z.object(album);
export type ListedAlbum = z.infer<typeof ListedAlbum>;

const Album = z.object({
  ...album,
  tracks: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      /** Seconds. */
      duration: z.number(),
      /** Until then the album's record leaves it out. */
      onPds: z.boolean(),
    }),
  ),
});
export type Album = z.infer<typeof Album>;

const Albums = z.object({ albums: z.array(ListedAlbum) });
const AlbumAnswer = z.object({ album: Album });
const Deleted = z.object({ deleted: z.literal(true) });

const LikedList = z.object({
  likes: z.int(),
  /** How many of them the record holds. */
  listed: z.int(),
  write: z.nullable(Write),
});
export type LikedList = z.infer<typeof LikedList>;

/** The lists of the service as this page uses them. Every method rejects with a `ServiceFailure`. */
export interface AlbumsService {
  list(signal: AbortSignal): Promise<ListedAlbum[]>;
  view(albumId: number, signal: AbortSignal): Promise<Album>;
  create(title: string): Promise<Album>;
  /** Only the owner may; also the calls below. */
  edit(albumId: number, change: { title: string; description: string }): Promise<Album>;
  finalize(albumId: number, trackIds: readonly number[]): Promise<Album>;
  put(albumId: number, trackId: number): Promise<Album>;
  takeOff(albumId: number, trackId: number): Promise<Album>;
  remove(albumId: number): Promise<void>;
  /** The list of what the person likes. */
  liked(signal: AbortSignal): Promise<LikedList>;
}

/** @param question asks the service, and reads its answer */
export function albumsService(
  question: <Answer>(answer: z.ZodMiniType<Answer>, path: string, init?: RequestInit) => Promise<Answer>,
): AlbumsService {
  const change = async (method: string, path: string, body?: object): Promise<Album> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    return (await question(AlbumAnswer, path, init)).album;
  };
  const of = (albumId: number, rest = ""): string => `/albums/${String(albumId)}${rest}`;

  return {
    list: async (signal) => (await question(Albums, "/albums", { signal })).albums,
    view: async (albumId, signal) => (await question(AlbumAnswer, of(albumId), { signal })).album,
    create: (title) => change("POST", "/albums/", { title }),
    edit: (albumId, words) => change("PATCH", of(albumId), words),
    finalize: (albumId, trackIds) => change("POST", of(albumId, "/finalize"), { track_ids: trackIds }),
    put: (albumId, trackId) => change("POST", of(albumId, "/tracks"), { track_id: trackId }),
    takeOff: (albumId, trackId) => change("DELETE", of(albumId, `/tracks/${String(trackId)}`)),
    async remove(albumId) {
      await question(Deleted, of(albumId), { method: "DELETE" });
    },
    liked: (signal) => question(LikedList, "/me/liked-list", { signal }),
  };
}
