import type { Selectable } from "kysely";
import type { ListKind, ListsTable } from "../database/lists-tables.js";

/** Milliseconds. */
interface Quiet {
  /** A list is written when nothing has changed it for this long. */
  readonly quiet: number;
  /** However busy a person is: at the latest this long after the first change. */
  readonly longest: number;
}

/** Whoever goes through a page of tracks presses a heart every second or two; an album is edited by a form. */
export const quietTimes: Readonly<Record<ListKind, Quiet>> = {
  album: { quiet: 1_000, longest: 10_000 },
  liked: { quiet: 2_000, longest: 20_000 },
};

/**
 * How long a list is still left alone, because the person may not be done with it.
 *
 * @param now the database's time
 * @returns milliseconds, 0 when it is due; null when nothing has changed
 */
export function leftAloneFor(
  list: Pick<Selectable<ListsTable>, "kind" | "changing_since" | "changed_at">,
  now: Date,
): number | null {
  const { changing_since: first, changed_at: last } = list;
  if (first === null || last === null) return null;
  const { quiet, longest } = quietTimes[list.kind];
  const due = Math.min(last.getTime() + quiet, first.getTime() + longest);
  return Math.max(0, due - now.getTime());
}
