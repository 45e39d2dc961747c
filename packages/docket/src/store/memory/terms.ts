import type { Batching } from "../batching.js";
import type { Group, Limit, Terms } from "../store.js";

/** What is kept of a task's terms: at the doors it has been. */
export function termsOf({ group, limit, priority, batch }: Terms): Terms {
  return { group, limit, priority, batch };
}

export function areSame(one: Terms, other: Terms): boolean {
  return (
    isSameLimit(one.limit, other.limit) &&
    isSameBatch(one.batch, other.batch) &&
    one.priority === other.priority &&
    isSameGroup(one.group, other.group)
  );
}

function isSameLimit(one: Limit | undefined, other: Limit | undefined): boolean {
  return one?.most === other?.most && one?.task === other?.task && one?.key === other?.key;
}

function isSameBatch(one: Batching | undefined, other: Batching | undefined): boolean {
  const same = one?.most === other?.most && one?.withinMs === other?.withinMs;
  return same && one?.task === other?.task && one?.of === other?.of;
}

function isSameGroup(one: Group | undefined, other: Group | undefined): boolean {
  const same = one?.rate?.limit === other?.rate?.limit && one?.rate?.perMs === other?.rate?.perMs;
  return same && one?.name === other?.name;
}
