import type { GatherRequest } from "../../src/store/batching.js";
import type { Claim, Held } from "../../src/store/store.js";
import { batchGate } from "./leaders.js";
import type { ModelGates } from "./gates.js";
import { inOrder, type Lease, type ModelTask } from "./task.js";

/** The model, as far as batches go. */
interface Model {
  readonly now: number;
  readonly tasks: ReadonlyMap<string, ModelTask>;
  readonly gates: ModelGates;
  lease(worker: string, held: Held): Lease | undefined;
  behind(gate: string): ModelTask[];
  hold(task: ModelTask, met: { gate: string; opensAt: number }): void;
  claim(task: ModelTask, holder: Pick<GatherRequest, "worker" | "call" | "leaseMs">): Claim;
  toLine(task: ModelTask, front: boolean): void;
}

export const isOfBatch = (gate: string): boolean => gate.startsWith("b");

/** Those that wait to run with one that the worker has. */
export function gather(model: Model, { worker, leader, most, ...holder }: GatherRequest): Claim[] {
  const task = model.lease(worker, leader) && model.tasks.get(leader.id);
  const gate = task && batchGate(task);
  if (gate === undefined) return [];
  const { gates, now } = model;
  const claims: Claim[] = [];
  for (const one of inTurnBehind(model, gate)) {
    if (claims.length >= most) break;
    const met = gates.metBeforeBatch(one, now);
    if (met !== undefined) model.hold(one, met);
    else {
      one.heldSince = undefined;
      claims.push(model.claim(one, { worker, ...holder }));
    }
  }
  const left = inTurnBehind(model, gate);
  const { most: all = 0, withinMs = 0 } = task?.terms.batch ?? {};
  gates.leaders.over(gate);
  if (left.length === 0) gates.shut.delete(gate);
  else if (left.length >= all) leadNext(model, gate);
  else gates.shut.set(gate, Math.max(now, (left[0]?.heldSince ?? 0) + withinMs));
  return claims;
}

/** It is claimed: if it leads, and others wait, it has its time to gather them. */
export function leads(model: Model, task: ModelTask): void {
  const gate = batchGate(task);
  const { leaders, shut } = model.gates;
  if (gate === undefined || !leaders.has(task)) return;
  if (model.behind(gate).length === 0) leaders.over(gate);
  else shut.set(gate, leaders.gathers(gate, task, model.now));
}

/** It doesn't lead any more, if it did. */
export function leaveBatch(model: Model, task: ModelTask): void {
  const gate = batchGate(task);
  if (gate !== undefined && model.gates.leaders.has(task)) leadNext(model, gate);
}

/** The first behind it leads, unless somebody does. */
export function openBatch(model: Model, gate: string): void {
  const led = model.gates.leaders.until(gate, model.now);
  if (led === undefined) leadNext(model, gate);
  else model.gates.shut.set(gate, led);
}

function leadNext(model: Model, gate: string): void {
  const [first, ...others] = inTurnBehind(model, gate);
  const { leaders, shut } = model.gates;
  leaders.over(gate);
  if (others.length > 0) shut.set(gate, Infinity);
  else shut.delete(gate);
  if (first === undefined) return;
  leaders.lead(gate, first);
  model.toLine(first, true);
}

function inTurnBehind(model: Model, gate: string): ModelTask[] {
  return inOrder(model.behind(gate), ({ heldSince }) => heldSince ?? 0);
}
