import type { LivingState } from "../../task/lifecycle.js";
import type { Ending } from "../history.js";
import type { End, FoundState, Standing } from "../store.js";
import type { Entry } from "./shelf.js";

/** For who only asks whether it is to come, or runs. */
export function foundAs({ place }: Entry): FoundState {
  if (place.kind === "leased") return "running";
  return place.kind === "scheduled" ? "delayed" : "waiting";
}

/** By its lifecycle. */
export function standsAs({ place }: Entry): LivingState {
  if (place.kind === "leased") return place.cancelled ? "cancelling" : "running";
  if (place.kind === "scheduled") return "delayed";
  return place.kind === "ready" ? "waiting" : place.kind;
}

/** After its end, as that is known; else as the history tells. */
export function endedAs(end: End["kind"], how: Ending | undefined): Standing {
  if (end !== "living" && end !== "unknown") return end;
  if (how === "done") return "done";
  return how === "cancelled" || how === "replaced" ? "cancelled" : "unknown";
}
