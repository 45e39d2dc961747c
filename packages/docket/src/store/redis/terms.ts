import { field } from "../envelope.js";
import type { Batching } from "../batching.js";
import type { Door, Group, Limit, Terms } from "../store.js";

/** As `terms.lua` reads them; empty for a task that has none. */
export function termsArgument({ group, limit, priority, batch, doors = [] }: Terms): string {
  const none = group === undefined && limit === undefined && priority === undefined && batch === undefined;
  if (none && doors.length === 0) return "";
  const first = [groupLine(group), limitLine(limit), priority ?? "", batchLine(batch)];
  return [...first, ...doors.map(doorLine)].join("\n").replace(/\n+$/, "");
}

function groupLine(group: Group | undefined): string {
  if (group === undefined) return "";
  const { name, rate } = group;
  return `${rate === undefined ? "\t" : `${String(rate.limit)}\t${String(rate.perMs)}`}\t${field(name)}`;
}

function limitLine(limit: Limit | undefined): string {
  return limit === undefined ? "" : `${String(limit.most)}\t${field(limit.task)}\t${field(limit.key)}`;
}

function batchLine(batch: Batching | undefined): string {
  if (batch === undefined) return "";
  const { most, withinMs, task, of } = batch;
  return `${String(most)}\t${String(withinMs)}\t${field(task)}\t${field(of)}`;
}

function doorLine({ kind, limit, perMs, task, of }: Door): string {
  return `${kind}\t${String(limit)}\t${String(perMs)}\t${kind}:${field(task)}:${field(of)}`;
}
