import type { WriteState } from "../api/answers.js";

/** Why the page goes on asking: where the write stands, or that a request's outcome is unknown. */
export type PollReason = WriteState | "unknown";

const QUICK_MS = 300;
const PATIENT_MS = 2_000;
const SLOW_MS = 10_000;

/**
 * Milliseconds until the page asks again how a write stands; null: no more asking, nothing will change by itself.
 *
 * A healthy write is confirmed within a second, so the first questions follow each other quickly; one that waits
 * for a PDS to come back takes minutes, so it starts slower.
 *
 * @param asked questions since the state last changed
 */
export function pollDelay(reason: PollReason, asked: number): number | null {
  switch (reason) {
    case "writing":
      if (asked < 10) return QUICK_MS;
      return asked < 25 ? PATIENT_MS : SLOW_MS;
    case "waiting":
    case "unknown":
      return asked < 5 ? PATIENT_MS : SLOW_MS;
    case "needs-sign-in":
    case "confirmed":
    case "failed":
      return null;
  }
}
