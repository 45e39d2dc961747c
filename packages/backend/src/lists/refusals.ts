/** There is no such album, or it has been deleted. */
export class UnknownAlbum extends Error {
  override readonly name = "UnknownAlbum";

  constructor(albumId: number) {
    super(`there is no album ${String(albumId)}`);
  }
}

/** Two albums of one person would have the same address. */
export class SlugTaken extends Error {
  override readonly name = "SlugTaken";

  constructor(title: string) {
    super(`you have an album called “${title}” already: choose another title`);
  }
}

/** An album holds as many tracks as a list's record may. */
export class AlbumFull extends Error {
  override readonly name = "AlbumFull";

  constructor(most: number) {
    super(`an album holds ${String(most)} tracks at most: take one off first`);
  }
}

/** A track is on one album at most, because its own record names it. */
export class OnAnotherAlbum extends Error {
  override readonly name = "OnAnotherAlbum";

  constructor(trackId: number, title: string) {
    super(`track ${String(trackId)} is on the album “${title}”: take it off there first`);
  }
}

/** An order that can't be an order of the album. */
export class BadOrder extends Error {
  override readonly name = "BadOrder";
}
