import type { FoundState } from "../store.js";
import type { Entry } from "./shelf.js";

/** For who only asks whether it is to come, or runs. */
export function foundAs({ place }: Entry): FoundState {
  if (place.kind === "leased") return "running";
  return place.kind === "scheduled" ? "delayed" : "waiting";
}
