import { trackIdIn, type Repository } from "./repositories.js";

/** A start of a track, as its listener knows it. */
export interface KnownPlay {
  readonly id: string;
  readonly did: string;
  readonly trackId: number;
  /** It began between these two; milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly counted: boolean;
  /** Addresses of records that its listener was told of; there should be one at most. */
  readonly scrobbles: Set<string>;
  /** It was heard, and nobody knows whether there is a record. */
  perhaps: boolean;
}

/** What a person's status may say: which track, or nothing. */
export interface KnownStatus {
  readonly says: ReadonlySet<number | "nothing">;
  /** When the last of them began, at the earliest; milliseconds since the epoch. */
  readonly since: number;
}

/** The clocks of the service and of these people are one, and a database rounds; milliseconds. */
const SLACK = 20;
/** For as long a status of a track of a second holds, by the service's rule; milliseconds. */
const STATUS_HOLDS = 60_000;

/** Where a person's plays on their PDS are not as they were told. */
export function scrobbleFaults(
  did: string,
  known: readonly KnownPlay[],
  records: Repository["plays"],
): string[] {
  const owners = records.map((record) => {
    const trackId = trackIdIn(record.value.originUri);
    const played = record.value.playedTime.getTime();
    const owner = known.find(
      (play) =>
        play.scrobbles.has(record.uri) ||
        (play.perhaps && play.trackId === trackId && isWithin(played, play)),
    );
    return { record, owner, trackId, played };
  });
  return [
    ...owners.flatMap(({ record, owner, trackId, played }) => {
      if (owner === undefined) return [`${record.uri} is a play that nobody was told of`];
      if (owner.trackId !== trackId) return [`${record.uri} tells of another track than was heard`];
      return isWithin(played, owner)
        ? []
        : [`${record.uri} says ${record.value.playedTime.toISOString()}, and was not begun then`];
    }),
    ...known.flatMap((play) => {
      const count = owners.filter(({ owner }) => owner === play).length;
      const name = `the play of track ${String(play.trackId)} by ${did} (${play.id})`;
      if (count > 1 || play.scrobbles.size > 1) return [`${name} was told twice`];
      return count === 0 && play.scrobbles.size === 1 ? [`${name} is not on the PDS`] : [];
    }),
  ];
}

function isWithin(played: number, { from, to }: KnownPlay): boolean {
  return played >= from - SLACK && played <= to + SLACK;
}

/** Where a person's status is not the newest: one that is over may stand there, and need not. */
export function statusFaults(
  did: string,
  known: KnownStatus | undefined,
  records: Repository["statuses"],
  now: number,
): string[] {
  const [record] = records;
  if (records.length > 1) return [`${did} has ${String(records.length)} statuses`];
  const says = known?.says ?? new Set(["nothing" as const]);
  const wanted = [...says].join(" or ");
  if (record === undefined) {
    const isOver = known === undefined || known.since + STATUS_HOLDS <= now;
    return says.has("nothing") || isOver ? [] : [`${did} has no status, and should have ${wanted}`];
  }
  if (record.value.expiry.getTime() <= now) return [];
  const trackId = trackIdIn(record.value.item.originUri);
  return says.has(trackId)
    ? []
    : [`the status of ${did} says track ${String(trackId)}, and should say ${wanted}`];
}
