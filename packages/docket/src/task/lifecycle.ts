/** Where a task can stand, and what that means. `gone` is before it was added and after all is over. */
export const TASK_STATES = {
  gone: "nothing of it is stored",
  waiting: "ready to be claimed",
  blocked: "behind another task of its serial key, or the run that it replaces",
  delayed: "until a time: delayed, between attempts, or put off",
  held: "its group is paused, has had the starts that its rate allows, or as many run as its limit allows; or it is struck, or waits for its batch",
  running: "claimed by a worker, under a lease",
  cancelling: "running, and not to be run again",
  aside: "until a worker comes that knows it",
  dead: "given up, kept with the reason",
} as const;

/** What can happen to a task. "Behind": another task of its serial key is at the head of their lane. */
export const TASK_EVENTS = {
  add: "it is added",
  "add behind": "it is added behind another",
  "add later": "it is added with a delay or a time",
  claim: "a worker is given it",
  "claim held": "its turn comes, while it may not start",
  open: "it may start (again)",
  done: "its run succeeded, or there is nothing more to do",
  retry: "its run failed, and an attempt is left",
  park: "its run put it off",
  die: "it is given up",
  return: "it is handed back unfinished, or its worker never heard of it",
  "lay aside": "its worker doesn't know it",
  expire: "its lease ends: the worker is lost",
  "expire apart": "its lease ends, not for the first time, and others' that may be what ends workers",
  due: "its time has come",
  "due behind": "its time has come, behind another",
  wake: "its key is woken",
  "wake behind": "its key is woken, behind another",
  turn: "the head of its lane has left, and it is the next",
  cancel: "it is cancelled",
  replace: "its key is given another payload",
  "replace behind": "its key is given another payload, behind another",
  "replace later": "its key is given another payload, with a delay or a time",
  replay: "it is to live again",
  "replay behind": "it is to live again, behind another",
  discard: "it is thrown away",
} as const;

export type TaskState = keyof typeof TASK_STATES;
/** Where it stands while it lives. */
export type LivingState = Exclude<TaskState, "gone" | "dead">;
export type TaskEvent = keyof typeof TASK_EVENTS;
export type Transition = readonly [from: TaskState, event: TaskEvent, to: TaskState];

/** All that can become of a task. What isn't here is refused by the store, or has no effect. */
export const LIFECYCLE: readonly Transition[] = [
  ["gone", "add", "waiting"],
  ["gone", "add behind", "blocked"],
  ["gone", "add later", "delayed"],
  ["gone", "replace", "waiting"],
  ["gone", "replace behind", "blocked"],
  ["gone", "replace later", "delayed"],

  ["blocked", "turn", "waiting"],
  ["blocked", "cancel", "gone"],
  ["blocked", "replace behind", "blocked"],
  ["blocked", "replace later", "delayed"],

  ["delayed", "due", "waiting"],
  ["delayed", "due behind", "blocked"],
  ["delayed", "wake", "waiting"],
  ["delayed", "wake behind", "blocked"],
  ["delayed", "cancel", "gone"],
  ["delayed", "replace", "waiting"],
  ["delayed", "replace behind", "blocked"],
  ["delayed", "replace later", "delayed"],

  ["waiting", "claim", "running"],
  ["waiting", "cancel", "gone"],
  ["waiting", "replace", "waiting"],
  ["waiting", "replace later", "delayed"],

  ["waiting", "claim held", "held"],
  ["aside", "claim held", "held"],

  ["held", "open", "waiting"],
  ["held", "cancel", "gone"],
  ["held", "replace", "held"],
  ["held", "replace later", "delayed"],

  ["running", "done", "gone"],
  ["running", "retry", "delayed"],
  ["running", "park", "delayed"],
  ["running", "die", "dead"],
  ["running", "return", "waiting"],
  ["running", "lay aside", "aside"],
  ["running", "expire", "waiting"],
  ["running", "expire apart", "delayed"],
  ["running", "cancel", "cancelling"],
  ["running", "replace", "cancelling"],
  ["running", "replace later", "cancelling"],

  ["cancelling", "done", "gone"],
  ["cancelling", "retry", "gone"],
  ["cancelling", "park", "gone"],
  ["cancelling", "die", "dead"],
  ["cancelling", "return", "gone"],
  ["cancelling", "lay aside", "gone"],
  ["cancelling", "expire", "gone"],
  ["cancelling", "expire apart", "gone"],
  ["cancelling", "cancel", "cancelling"],
  ["cancelling", "replace", "cancelling"],
  ["cancelling", "replace later", "cancelling"],

  ["aside", "claim", "running"],
  ["aside", "cancel", "gone"],
  ["aside", "replace", "aside"],
  ["aside", "replace later", "delayed"],

  ["dead", "replay", "waiting"],
  ["dead", "replay behind", "blocked"],
  ["dead", "discard", "gone"],
];

/** Where a task stands after an event; undefined when the event can't happen to it there. */
export function after(from: TaskState, event: TaskEvent): TaskState | undefined {
  return LIFECYCLE.find((transition) => transition[0] === from && transition[1] === event)?.[2];
}

/** The table as a Mermaid state diagram, one arrow for all events between two states. */
export function lifecycleDiagram(): string {
  const arrows = new Map<string, TaskEvent[]>();
  for (const [from, event, to] of LIFECYCLE) {
    const arrow = `${from === "gone" ? "[*]" : from} --> ${to === "gone" ? "[*]" : to}`;
    arrows.set(arrow, [...(arrows.get(arrow) ?? []), event]);
  }
  return [
    "stateDiagram-v2",
    ...[...arrows].map(([arrow, events]) => `  ${arrow}: ${events.join(", ")}`),
    "",
  ].join("\n");
}
