import type { Group, Limit, Terms } from "../store.js";

/** What is kept of a task's terms: at the doors it has been. */
export function termsOf({ group, limit, priority }: Terms): Terms {
  return { group, limit, priority };
}

export function areSame(one: Terms, other: Terms): boolean {
  return (
    isSameLimit(one.limit, other.limit) &&
    one.priority === other.priority &&
    isSameGroup(one.group, other.group)
  );
}

function isSameLimit(one: Limit | undefined, other: Limit | undefined): boolean {
  return one?.most === other?.most && one?.task === other?.task && one?.key === other?.key;
}

function isSameGroup(one: Group | undefined, other: Group | undefined): boolean {
  const same = one?.rate?.limit === other?.rate?.limit && one?.rate?.perMs === other?.rate?.perMs;
  return same && one?.name === other?.name;
}
