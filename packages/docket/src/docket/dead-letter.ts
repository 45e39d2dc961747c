import type { Letter } from "../store/store.js";
import type { Death } from "../task/task.js";
import { readInfo } from "../worker/outcome.js";

/** A task that was given up, with what is known of why. */
export interface DeadLetter {
  readonly id: string;
  readonly task: string | undefined;
  readonly key: string | undefined;
  readonly payload: unknown;
  readonly diedAt: Date;
  readonly addedAt: Date | undefined;
  readonly cause: Death["cause"] | undefined;
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string } | undefined;
  readonly attempt: number | undefined;
  readonly delivery: number | undefined;
}

export function readLetter({ id, diedAt, info, stored }: Letter): DeadLetter {
  const why = readInfo(info);
  return {
    id,
    task: stored?.name,
    key: stored?.key === "" ? undefined : stored?.key,
    payload: stored === undefined ? undefined : readable(stored.payload),
    diedAt: new Date(diedAt),
    addedAt: stored === undefined ? undefined : new Date(stored.addedAt),
    cause: why?.cause,
    error: why?.error,
    attempt: why?.attempt,
    delivery: why?.delivery,
  };
}

function readable(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
