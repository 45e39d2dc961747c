import type { LivingState } from "../../task/lifecycle.js";
import type { FoundState } from "../store.js";
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
