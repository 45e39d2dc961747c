/** There is no such track, or it is not on its artist's PDS (yet), so that nothing can refer to it. */
export class UnknownTrack extends Error {
  override readonly name = "UnknownTrack";
  readonly trackId: number;

  constructor(trackId: number) {
    super(`there is no track ${String(trackId)}`);
    this.trackId = trackId;
  }
}
