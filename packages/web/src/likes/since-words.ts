/**
 * A moment as short as it stays clear: the time of day today, the date with it otherwise.
 *
 * @param locale the reader's own when left out
 */
export function sinceWords(moment: Date, now: Date, locale?: string): string {
  const today = moment.toDateString() === now.toDateString();
  const style: Intl.DateTimeFormatOptions = today
    ? { timeStyle: "short" }
    : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(locale, style).format(moment);
}
