/** The track, or the album, is somebody else's. */
export class NotYours extends Error {
  override readonly name = "NotYours";
}
