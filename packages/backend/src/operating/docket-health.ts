import { StoreUnavailable, type Docket } from "@plyr/docket";
import type { Mode } from "../outbox/dispatcher.js";
import { workersSeen, type WorkersSeen } from "./workers-seen.js";

/** Whether anybody works off what is accepted, as far as is known. */
export type QueueSeen = { readonly mode: Mode } & Partial<WorkersSeen>;

export type BackgroundHealth = QueueSeen & Partial<Awaited<ReturnType<Docket<never>["health"]>>>;

const AWAY = "docket unreachable, running in process";

/** @param parts.isStarting whether this process is to have a worker that isn't there yet */
export function askDocket(parts: {
  readonly docket: Pick<Docket<never>, "health" | "snapshot"> | undefined;
  readonly mode: () => Mode;
  readonly isStarting: () => boolean;
}): { health: () => Promise<BackgroundHealth>; look: () => Promise<QueueSeen> } {
  const { docket, mode, isStarting } = parts;
  const look = async (): Promise<QueueSeen> => {
    if (docket === undefined) return { mode: mode() };
    try {
      const seen = workersSeen(await docket.snapshot());
      // Before our own is there, that there is none says nothing.
      return isStarting() ? { mode: "docket" } : { mode: "docket", ...seen };
    } catch (error) {
      if (error instanceof StoreUnavailable) return { mode: AWAY };
      throw error;
    }
  };
  const health = async (): Promise<BackgroundHealth> => {
    if (docket === undefined) return { mode: mode() };
    const found = await docket.health();
    return found.reachable ? { ...found, ...(await look()) } : { ...found, mode: AWAY };
  };
  return { health, look };
}
