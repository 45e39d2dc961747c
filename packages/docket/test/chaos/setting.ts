/** How long a claim holds without a sign of life, in ms: short, so that what is lost comes back within a run. */
export const LEASE_MS = 1_500;
/** Deliveries in a row that may end with a lost worker. */
export const CAP = 3;
/** The docket's name. */
export const NAME = "chaos";
