import { ENDINGS, type EndedTask, type EndPlace, type EndsMeant } from "../store/history.js";
import type { Store } from "../store/store.js";

/** Which ends are asked for: those of which all that is said holds. */
export interface RecentAsked extends EndsMeant {
  /** At most so many, 1–1,000; default 100. */
  readonly most?: number;
  /** Only what ended before: a time, or one that was told of before, behind which to go on. */
  readonly before?: Date | EndPlace | undefined;
}

const MOST = 1_000;

/** @throws {RangeError} on what can't be asked for */
export async function recent(
  store: Pick<Store, "recent">,
  { most = 100, before, ...meant }: RecentAsked,
): Promise<EndedTask[]> {
  if (!Number.isInteger(most) || most < 1 || most > MOST)
    throw new RangeError(`at most ${String(most)} ends are asked for: give a whole number from 1 to 1000`);
  if (meant.ended !== undefined && !Object.hasOwn(ENDINGS, meant.ended))
    throw new RangeError(
      `no task ends as ${JSON.stringify(meant.ended)}: give one of ${Object.keys(ENDINGS).join(", ")}`,
    );
  const found: EndedTask[] = [];
  let place = placeOf(before);
  do {
    const page = await store.recent({ ...meant, most: most - found.length, before: place });
    found.push(...page.ended);
    place = page.next;
  } while (place !== undefined && found.length < most);
  return found;
}

function placeOf(before: RecentAsked["before"]): EndPlace | undefined {
  if (before === undefined) return undefined;
  const place = before instanceof Date ? { endedAt: before.getTime() } : before;
  if (!Number.isFinite(place.endedAt))
    throw new RangeError(
      "the ends that are asked for are to be before a time that is none: give a Date, or one told of",
    );
  return place;
}
