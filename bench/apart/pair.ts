import type { Queue } from "../contenders/contender.ts";
import type { Apart } from "./apart.ts";
import { machineNow } from "./messages.ts";

/** Who adds here, and who works in a process of its own. */
export interface Pair {
  readonly name: string;
  readonly adding: Queue;
  readonly working: Apart;
}

/** From right before the add to the handler's first line, in ms. */
export async function waited({ adding, working }: Pair, n: number): Promise<number> {
  const started = working.started(n);
  const from = machineNow();
  await adding.add({ n });
  return (await started) - from;
}
