/** What a hosted Redis that is paid for by the request costs (Upstash, as the page has it). */
export const prices = {
  /** Commands a day that cost nothing. */
  freePerDay: 10_000,
  /** Dollars. */
  per100kCommands: 0.2,
  /** Dollars a month. */
  perGB: 0.25,
} as const;

/** What so many commands cost where all of them are paid for; dollars. */
export function priceOf(commands: number): number {
  return (commands / 100_000) * prices.per100kCommands;
}
