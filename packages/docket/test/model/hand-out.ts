import type { Claim } from "../../src/store/store.js";
import type { Model } from "./model.js";
import type { ModelTask } from "./task.js";

/**
 * What came to sleeping workers through their inboxes. Who is given a task is for the store to decide, but it must be the
 * first in line, or the first laid aside of a name that the worker knows, and the worker must have room. Whom the store looks
 * at meanwhile, and may not start, is held. Returns what each should have heard.
 *
 * @param left how many are held, and laid aside, then
 */
export function handOut(
  model: Model,
  heard: ReadonlyMap<string, readonly Claim[]>,
  left: { readonly held: number; readonly aside: number },
): Map<string, Claim[]> {
  const due = new Map([...heard].map(([worker, claims]) => [worker, [...claims]]));
  const given = new Map([...heard].map(([worker]): [string, Claim[]] => [worker, []]));
  for (;;) {
    // What is laid aside is looked at before the line.
    const toCome = [...due.values()].flat().filter(({ id }) => model.tasks.get(id)?.place.in === "aside");
    if (model.asides.length - toCome.length > left.aside && holdNext(model, true)) continue;
    const next = [...due].find(([worker, [claim]]) => claim !== undefined && mayHave(model, worker, claim));
    if (next === undefined) {
      const looked = [...due.values()].some((claims) => claims.length > 0) || heldBy(model) < left.held;
      if (!looked || !holdNext(model, model.asides.length > left.aside)) return given;
      continue;
    }
    const [worker, [claim]] = next;
    const task = model.tasks.get(claim?.id ?? "");
    const asleep = model.workers.get(worker)?.asleep;
    if (claim === undefined || task === undefined || asleep === undefined) return given;
    due.get(worker)?.shift();
    if (model.line.next() === task) model.line.take();
    else model.takeOut(task);
    model.passes(task);
    asleep.free -= 1;
    model.counted(task.id, claim.delivery - 1);
    given.get(worker)?.push(model.claim(task, { worker, call: 0, leaseMs: asleep.leaseMs }));
  }
}

function mayHave(model: Model, worker: string, { id }: Claim): boolean {
  const { gates, line, asides, now } = model;
  const present = model.workers.get(worker);
  if (present?.asleep === undefined || present.asleep.free === 0) return false;
  const task = model.tasks.get(id);
  if (task === undefined || gates.met(task, now) !== undefined) return false;
  if (line.next() === task) return true;
  const { name } = task.stored;
  return present.tasks.includes(name) && asides.find(({ stored }) => stored.name === name) === task;
}

/** Holds the first in line, or one that was laid aside, if it may not start; false otherwise. */
function holdNext(model: Model, aside: boolean): boolean {
  const mayNot = (task: ModelTask): boolean => model.gates.met(task, model.now) !== undefined;
  const task = aside ? model.asides.find(mayNot) : model.line.next();
  if (task === undefined || !mayNot(task)) return false;
  if (aside) model.asides.splice(model.asides.indexOf(task), 1);
  else model.line.take();
  return !model.passes(task);
}

function heldBy({ tasks }: Model): number {
  return [...tasks.values()].filter(({ place }) => place.in === "gate").length;
}
